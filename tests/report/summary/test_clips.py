import io

import numpy as np
import pytest
import soundfile

from pygoodvibes.report.summary.clips import (
    SOUND_BYTES,
    Scored,
    listen_first,
    scored_clips,
    sound,
    typical,
)


def clip(machine, score, excess):
    return Scored(machine, "00", f"{score}.wav", "unknown", score, 1.0, excess, True)


def test_one_loud_machine_does_not_hide_the_others():
    loud = [clip("fan", 90.0, 9.0), clip("fan", 80.0, 8.0), clip("fan", 70.0, 7.0)]
    quiet = [clip("pump", 3.0, 1.0)]
    chosen = listen_first([quiet, [], loud], 3)
    assert [(each.machine, each.score) for each in chosen] == [
        ("fan", 90.0),
        ("pump", 3.0),
        ("fan", 80.0),
    ]


def test_alarms_are_the_decisions_and_their_excess_counts_spreads():
    train = [{"clip": f"{n}.wav", "split": "train", "label": "normal", "score": str(n)}
             for n in range(5)]  # fmt: skip
    test = [{"clip": "a.wav", "split": "test", "label": "anomaly", "score": "9"},
            {"clip": "b.wav", "split": "test", "label": "normal", "score": "4"}]  # fmt: skip
    rows = [{**row, "detector": "knn"} for row in (*train, *test)]
    rows += [{**row, "detector": "lof", "score": "-1"} for row in train]
    document = {
        "machine": "fan",
        "id": "00",
        "metrics": [{"detector": "knn", "threshold": 5.0}],
        "test": {"knn": {"scores": {"a.wav": 9.0, "b.wav": 4.0},
                         "decisions": {"a.wav": True, "b.wav": False}}},
    }  # fmt: skip
    found, below = scored_clips(document, rows, "knn")
    assert (found.alarm, below.clip, below.alarm) == (True, "b.wav", False)
    assert below.excess == pytest.approx((4 - 5) / (2 / 1.349))
    assert (found.clip, found.label, found.score, found.threshold) == ("a.wav", "anomaly", 9.0, 5.0)
    assert found.excess == pytest.approx((9 - 5) / (2 / 1.349))
    assert typical(rows, "knn") == "2.wav"
    assert typical([], "knn") is None


def test_a_long_sound_is_cut_and_said_so(tmp_path):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "long.wav", rng.normal(0, 0.2, 16000 * 40), 16000)
    settings = {"sample_rate": 16000, "resample": False, "channel": 0}
    content, seconds, whole = sound(tmp_path / "long.wav", settings)
    assert not whole and len(content) <= SOUND_BYTES and 5 <= seconds < 40
    samples, _ = soundfile.read(io.BytesIO(content))
    assert len(samples) == round(seconds * 16000)
    original, _ = soundfile.read(tmp_path / "long.wav")
    assert np.abs(samples - original[: len(samples)]).max() < 1e-4
