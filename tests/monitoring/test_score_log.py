import dataclasses
import io

import pytest

from pygoodvibes.monitoring.output import Csv, Json, JsonLines
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.monitoring.score_log import in_order, read_log
from pygoodvibes.util.errors import UserError

SCORED = Record(
    "new/é, 2.wav",
    "pump",
    "knn",
    seconds=10.0,
    score=1 / 3,
    threshold=2.0,
    verdict="normal",
    p_value=0.25,
    reason="line 1, and more",
    time="2026-05-01T06:00:00Z",
    level=-0.125,
    ewma=0.5,
    drift="scores have risen",
)
RECORDS = [SCORED, Record("b.wav", "pump", "knn", start=5.0, alarm=True, reason="no audio")]


def written(kind, records=RECORDS):
    file = io.StringIO()
    output = {"csv": Csv, "lines": JsonLines, "document": lambda f: Json(f, [], [])}[kind](file)
    for record in records:
        output.write(record)
    output.close()
    return file.getvalue()


@pytest.mark.parametrize("kind", ["csv", "lines", "document"])
def test_what_was_written_is_read(tmp_path, kind):
    path = tmp_path / "log"
    path.write_text(written(kind))
    assert read_log(path) == RECORDS
    path.write_text(written(kind, RECORDS[:1]))
    assert read_log(path) == RECORDS[:1]


@pytest.mark.parametrize("kind", ["csv", "lines"])
def test_a_line_that_was_not_written_to_its_end_is_passed_over(tmp_path, kind):
    path = tmp_path / "log"
    whole = written(kind)
    path.write_text(whole[:-40] + "\n" + written(kind, RECORDS[:1]).splitlines()[-1] + "\n")
    assert read_log(path) == [SCORED, SCORED]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b"clip,score\na.wav,1\n", "no file of scores of this version"),
        (b'{"clip": "a.wav"}\n', "no file of scores of this version"),
        (b"", "no file of scores of this version"),
    ],
)
def test_another_file_is_refused(tmp_path, content, said):
    path = tmp_path / "log.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_log(path)


def clip(name, minute=None, score=1.0):
    time = "" if minute is None else f"2026-05-01T06:{minute:02d}:00Z"
    return Record(name, "pump", "knn", seconds=10.0, score=score, time=time)


def names(records):
    return [record.clip for record in records]


def test_clips_stand_in_the_order_that_was_asked_for():
    clips = [clip("10.wav", 0), clip("9.wav", 2), clip("a2.wav", 1), clip("a1.wav", 1)]
    assert names(in_order(clips, None)) == ["10.wav", "a1.wav", "a2.wav", "9.wav"]
    assert names(in_order(clips, "name")) == ["9.wav", "10.wav", "a1.wav", "a2.wav"]
    assert names(in_order(clips, "given")) == names(clips)


def test_a_clip_that_is_there_twice_counts_once():
    one, changed = clip("a.wav", 1), clip("a.wav", 2, score=3.0)
    drawn = dataclasses.replace(one, ewma=0.5)
    assert names(in_order([one, changed, drawn], "time")) == ["a.wav", "a.wav"]
    # a recorder that always writes the same name, without a time
    assert len(in_order([clip("a.wav"), clip("a.wav")], "given")) == 2


def test_times_that_tell_no_order_are_refused():
    with pytest.raises(UserError, match=r"b\.wav: the time when it was last changed is not known"):
        in_order([clip("a.wav", 1), clip("b.wav")], None)
    copied = [clip(f"{number}.wav", 7) for number in range(30)]
    with pytest.raises(UserError, match=r"30 clips of 300 s in all, .* within 0 s: copied"):
        in_order(copied, None)
    assert in_order(copied, "time") == copied
    assert in_order([clip("a.wav", 7)], None) == [clip("a.wav", 7)]
