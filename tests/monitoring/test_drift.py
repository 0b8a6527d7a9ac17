import dataclasses
import re

import numpy as np
import pytest
import soundfile

import own_machine
from pygoodvibes.monitoring.drift import ALIKE, Drift, charted
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_files import Panel, Record, timed

LATER = 30
"""Clips before the change."""


@pytest.fixture(scope="module")
def judged(model, tmp_path_factory):
    """Return a function that writes sounds as recordings, and lets the model judge them."""

    def call(sounds):
        folder = tmp_path_factory.mktemp("new")
        paths = [
            own_machine.save(folder / f"{number}.wav", each) for number, each in enumerate(sounds)
        ]
        return [timed(records)[0] for records in panel.judge_clips(list(map(str, paths)))]

    panel = Panel([model], [judge(model)])
    return call


@pytest.fixture(scope="module")
def healthy(judged):
    """Return what the model says of clips in good health."""
    return judged([own_machine.sound(1000 + number) for number in range(LATER)])


@pytest.fixture
def chart(model):
    return Drift(model, judge(model))


def told(records):
    return [(number, record.drift) for number, record in enumerate(records) if record.drift]


def test_nothing_is_told_while_nothing_changes(chart, healthy):
    records = charted(chart, healthy)
    assert told(records) == [] and not chart.found
    assert all(abs(record.ewma) < chart.scores.limit for record in records)


def test_a_single_odd_clip_is_anomalous_and_no_drift(chart, healthy, judged):
    [odd] = judged([own_machine.sound(200, whistle=0.05)])
    assert odd.verdict == "anomalous"
    assert told(charted(chart, [*healthy[:15], odd, *healthy[15:]])) == []


def test_a_fault_that_grows_is_the_machine(chart, healthy, judged):
    grows = [own_machine.sound(300 + n, whistle=0.002 * n) for n in range(20)]
    [(place, said)] = told(charted(chart, [*healthy, *judged(grows)]))
    assert LATER < place < LATER + 10 and chart.found and chart.scores.moved == 1
    assert said.startswith("the scores have risen since about ")
    assert "the machine has changed, or what is normal for it" in said
    assert "pygoodvibes fit MODEL --add FOLDER" in said and "microphone" not in said


@pytest.mark.parametrize(
    ("gain", "words"), [(0.5, "6 dB quieter"), (0.25, "12 dB quieter"), (2.0, "6 dB louder")]
)
def test_another_gain_is_the_microphone(chart, healthy, judged, gain, words):
    moved = [gain * own_machine.sound(400 + number) for number in range(12)]
    news = told(charted(chart, [*healthy, *judged(moved)]))
    assert all(LATER <= place < LATER + 8 for place, _ in news)
    last = news[-1][1]
    assert last.startswith("the scores have risen since about ")
    assert re.search(
        rf"and the recording has changed since [^:]*:\d\d UTC\): {words} at all ", last
    )
    assert "Look at the microphone and the recorder first" in last


def test_gain_too_small_for_a_single_clip_is_told_of_many(chart, healthy, judged):
    moved = judged([0.7 * own_machine.sound(500 + number) for number in range(20)])
    assert {record.reason for record in moved} == {""}
    assert "3 dB quieter at all frequencies" in told(charted(chart, [*healthy, *moved]))[-1][1]


def test_a_recording_that_has_changed_is_told_before_scores_have(model, chart, healthy):
    reason = (
        "recorded or stored unlike the training clips: MP3 instead of PCM. The score may come of "
        "that and not of the machine: record and store as for the fit, or fit to such recordings "
        "too"
    )
    mp3 = [dataclasses.replace(each, reason=reason) for each in healthy[15:25]]
    news = told(charted(chart, [*healthy[:15], *mp3, *healthy[25:]]))
    (begun, said), (ended, back) = news
    assert begun == 15 + ALIKE[0] - 1 and ended == 25 + ALIKE[1] - 2
    assert said.startswith(f"the recording has changed since {healthy[15].clip} (")
    assert "MP3 instead of PCM. Scores have not moved so far" in said
    assert back == "the recording is again like that of the training clips"
    # a single such clip, or two, are none of the chart's business
    another = Drift(model, judge(model))
    assert told(charted(another, [*healthy[:15], *mp3[:2], *healthy[17:]])) == []


def scored(scores, **values):
    return [
        Record(f"{number}.wav", "pump", "fusion", score=float(score), seconds=1.0, **values)
        for number, score in enumerate(scores)
    ]


def test_scores_that_fall_are_told_as_what_they_are(model, chart):
    held_out = np.sort(judge(model).held_out)
    rng = np.random.default_rng(0)
    scores = [*rng.choice(held_out, 20), *np.full(20, held_out[0] - 0.1), *rng.choice(held_out, 60)]
    (fallen, said), (back, later) = told(charted(chart, scored(scores)))
    assert 20 < fallen < 30 and said.startswith("the scores have fallen since about ")
    assert "closer to the middle of what was learned" in said
    assert 40 < back < 80 and later.startswith("the scores are back among those of normal clips")
    assert not chart.found


def test_what_cannot_be_compared_is_left_out(chart, healthy, judged, tmp_path):
    learned = own_machine.sound(0)
    records = judged([learned, own_machine.sound(600, seconds=3)])
    records += [Record("a.wav", "pump", "fusion", reason="no audio")]
    records += [dataclasses.replace(healthy[0], start=0.0)]
    assert [record.ewma for record in charted(chart, records)] == [None] * 4
    assert chart.scores.ewma == 0.0


def test_of_too_few_clips_is_said_how_many_are_lacking(tmp_path):
    model = own_machine.fit(own_machine.healthy(tmp_path / "few", 12)).model
    chart = Drift(model, judge(model))
    assert chart.needs.endswith("it has 12 held-out scores; the chart begins 8 clip(s) later")
    records = charted(chart, scored(np.linspace(0, 1, 9)))
    assert [record.ewma is None for record in records] == [True] * 7 + [False] * 2
    assert chart.needs == ""


def test_records_of_another_fit_are_told_by_their_rarity(model, healthy, tmp_path):
    other = own_machine.fit(own_machine.healthy(tmp_path / "other", 25), machine="pump").model
    assert other.name == model.name
    chart = Drift(other, judge(other))
    assert chart.own(healthy) == []
    panel = Panel([other], [judge(other)])
    now = [records[0] for records in panel.judge_clips([record.clip for record in healthy])]
    later = [dataclasses.replace(each, time="2999-01-01T00:00:00Z") for each in now]
    assert chart.own([*later[::-1], *healthy]) == later[::-1]
    assert chart.own([dataclasses.replace(later[0], model="fan")]) == []


@pytest.mark.shared
def test_real_sliders_fault_and_microphone_are_told_apart(shared, tmp_path):
    """No drift of other clips of the same machine; faults; and the same clips 6 dB quieter."""
    clips = shared / "data/dcase2020_clips/slider"
    normal = sorted((clips / "train").glob("normal_id_00_*.wav"))
    faults = sorted((clips / "test").glob("anomaly_id_00_*.wav"))
    (tmp_path / "fit").mkdir()
    for path in normal[:40]:
        (tmp_path / "fit" / path.name).symlink_to(path)
    model = fit_folder(tmp_path / "fit", {}, machine="slider").model
    panel = Panel([model], [judge(model)])
    quiet = []
    for path in normal[60:70]:
        samples, rate = soundfile.read(path)
        quiet.append(tmp_path / path.name)
        soundfile.write(quiet[-1], samples / 2, rate, subtype="PCM_16")

    def news(*later):
        records = panel.judge_clips(list(map(str, [*normal[40:60], *later])))
        return told(charted(Drift(model, judge(model)), [record for [record] in records]))

    assert news(*normal[60:]) == []
    [(place, said)] = news(*faults, *faults)
    assert place >= 20 and "the machine has changed" in said
    place, said = news(*quiet)[-1]
    assert place >= 20 and "6 dB quieter" in said and "microphone" in said
