import os

import numpy as np
import pytest

import own_machine
from pygoodvibes.data.audio_files import NOT_READ
from pygoodvibes.monitoring import score_files
from pygoodvibes.monitoring.alarm import Alarm
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.monitoring.score_files import expand, recording_blocks
from pygoodvibes.util.errors import UserError


def test_folders_stand_for_the_recordings_below_them(tmp_path):
    for name in ("new/b.flac", "new/a/c.WAV", "new/other.m4a", "empty/other.m4a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    new = tmp_path / "new"
    found = expand(["odd.xyz", str(new), str(new / "b.flac")])
    # what is not read is among them, so that its reason is told
    names = ["a/c.WAV", "b.flac", "other.m4a", "b.flac"]
    assert found == ["odd.xyz", *(f"{new}/{name}" for name in names)]
    with pytest.raises(UserError, match=r"empty: no recordings in it .* such as other\.m4a"):
        expand([str(tmp_path / "empty")])


def test_audio_that_is_not_read_has_a_record_with_the_reason(model, tmp_path):
    good = own_machine.write(tmp_path / "good.wav", 1)
    for name in ("phone.m4a", "old.WMA"):
        (tmp_path / name).write_bytes(good.read_bytes())  # by its name alone
    panel = score_files.Panel([model], [judge(model)])
    found = [each for [each] in score_files.score_clips(panel, expand([str(tmp_path)]), jobs=1)]
    assert [each.verdict == "not scored" for each in found] == [False, True, True]
    assert {each.reason for each in found[1:]} == {NOT_READ}
    blocks = recording_blocks(str(tmp_path / "phone.m4a"), model.settings["audio"])
    [[record]] = score_files.score_windows(
        panel, "phone.m4a", blocks, window=1, hop=1, alarms=[Alarm(3, 5)]
    )
    assert record.reason == NOT_READ


def test_a_clip_that_memory_can_not_hold_does_not_end_the_others(model, tmp_path, monkeypatch):
    own_machine.write(tmp_path / "good.wav", 1)
    real = score_files.read_clip

    def read(clip, settings):
        if "large" in clip:
            raise MemoryError
        return real(clip, settings)

    monkeypatch.setattr(score_files, "read_clip", read)
    panel = score_files.Panel([model], [judge(model)])
    [[large], [good]] = panel.judge_clips(["large.wav", str(tmp_path / "good.wav")])
    assert large.reason == "too large for the memory of this machine" and good.score is not None


def test_many_clips_in_two_processes_score_as_one_by_one(model, tmp_path):
    folder = own_machine.healthy(tmp_path / "pump")
    panel = score_files.Panel([model], [judge(model)])
    clips = sorted(map(str, folder.glob("*.wav"))) * 2
    many = [records[0].score for records in score_files.score_clips(panel, clips, jobs=2)]
    alone = [score_clip(model, clip).score for clip in clips]
    assert many == pytest.approx(alone, rel=1e-12)


def test_a_stream_that_is_stopped_shows_what_it_has_found(model):
    def blocks():
        yield own_machine.sound(100, whistle=0.05).astype(np.float32)
        raise KeyboardInterrupt

    panel = score_files.Panel([model], [judge(model)])
    bells = [Alarm(3, 5)]
    found = score_files.score_windows(panel, "-", blocks(), window=1, hop=1, alarms=bells)
    shown = []
    try:
        shown += next(found)
        next(found)
    except KeyboardInterrupt:
        shown.append("stopped")
    record, end = shown
    assert record.verdict == "anomalous" and record.alarm is True and end == "stopped"


def test_clips_are_sorted_by_verdict_then_score_even_if_the_rest_never_comes():
    def one(clip, verdict, score):
        return score_files.Record(clip, "pump", "knn", score=score, verdict=verdict)

    given = [
        [one("a", "normal", 1.0), one("a", "normal", 9.0)],
        [one("b", "not scored", None), one("b", "not scored", None)],
        [one("c", "undecided", 2.0), one("c", "normal", 1.0)],
        [one("d", "normal", 3.0), one("d", "anomalous", 5.0)],
        [one("e", "anomalous", 7.0), one("e", "normal", 2.0)],
    ]
    names = [records[0].clip for records in score_files.by_score(given)]
    assert names == ["e", "d", "c", "a", "b"]

    def stopped():
        yield from given[:3]
        raise KeyboardInterrupt

    found = []
    with pytest.raises(KeyboardInterrupt):
        for records in score_files.by_score(stopped()):
            found.append(records[0].clip)
    assert found == ["c", "a", "b"]


def test_a_file_has_the_time_when_it_was_last_changed(tmp_path):
    path = own_machine.write(tmp_path / "a.wav", 1)
    os.utime(path, (1777615200.9, 1777615200.9))
    assert score_files.changed_at(str(path)) == "2026-05-01T06:00:00Z"
    assert score_files.changed_at("-") == score_files.changed_at(str(tmp_path / "no.wav")) == ""
