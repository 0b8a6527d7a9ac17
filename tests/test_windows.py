import io

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
from hypothesis import given

from pygoodvibes import windows
from pygoodvibes.errors import UserError

AUDIO = {"sample_rate": 8000, "resample": False, "channel": 0}


@given(
    total=st.integers(0, 60),
    window=st.integers(1, 20),
    share=st.floats(0.01, 1),
    block=st.integers(1, 70),
)
def test_windows_are_cut_outs_that_cover_all_samples(total, window, share, block):
    samples = np.arange(total, dtype=np.float32)
    blocks = [samples[start : start + block] for start in range(0, total, block)]
    hop = max(1, round(share * window))
    found = list(windows.sliding(blocks, window=window, hop=hop))
    for start, cut in found:
        assert np.array_equal(cut, samples[start : start + window]) and len(cut) == window
    starts = [start for start, _ in found]
    regular = list(range(0, total - window + 1, hop))
    assert starts[: len(regular)] == regular
    if total < window:
        assert found == []
    else:
        assert starts[-1] + window == total
        assert len(starts) - len(regular) == (regular[-1] + window < total)


def test_no_more_is_held_than_a_window_and_a_block():
    held = []

    def blocks():
        for number in range(1000):
            held.append(number)
            yield np.full(10, number, dtype=np.float32)

    for start, cut in windows.sliding(blocks(), window=25, hop=5):
        assert cut[-1] == held[-1]  # what comes out is never behind what went in
        assert start + 25 > 10 * held[-1]


@pytest.mark.parametrize("hop", [0, 6])
def test_a_hop_that_would_skip_samples_is_refused(hop):
    with pytest.raises(ValueError, match="hop"):
        list(windows.sliding([np.zeros(9)], window=5, hop=hop))


@given(
    k=st.integers(1, 6),
    more=st.integers(0, 6),
    anomalous=st.lists(st.booleans(), max_size=60),
)
def test_the_alarm_goes_on_at_k_of_n_and_off_below_half_of_k(k, more, anomalous):
    alarm, before = windows.Alarm(k, k + more), False
    for number in range(len(anomalous)):
        found = sum(anomalous[max(0, number + 1 - k - more) : number + 1])
        now = alarm.update(anomalous[number])
        assert now == alarm.on
        if found >= k:
            assert now
        elif 2 * found < k:
            assert not now
        else:
            assert now == before  # in between it stays as it is
        before = now


def test_single_anomalous_windows_raise_no_alarm_and_a_row_of_them_does():
    alarm = windows.Alarm(3, 5)
    assert not any(alarm.update(number % 4 == 0) for number in range(40))
    alarm = windows.Alarm(3, 5)
    states = [alarm.update(value) for value in [1, 1, 1, 0, 0, 0, 0, 0]]
    assert states == [False, False, True, True, True, True, False, False]


@pytest.mark.parametrize(("k", "n"), [(0, 3), (4, 3)])
def test_an_impossible_alarm_is_refused(k, n):
    with pytest.raises(UserError, match="alarm"):
        windows.Alarm(k, n)


def test_a_file_comes_in_blocks_as_it_is_read_whole(tmp_path):
    stereo = np.random.default_rng(0).normal(size=(20123, 2)) / 10
    soundfile.write(tmp_path / "a.wav", stereo, 8000)
    whole, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    parts = list(windows.file_blocks(tmp_path / "a.wav", {**AUDIO, "channel": 1}))
    assert len(parts) == 3 and np.array_equal(np.concatenate(parts), whole[:, 1])


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("no.wav", AUDIO, "No such file"),
        ("text.wav", AUDIO, "no readable audio"),
        ("a.wav", {**AUDIO, "sample_rate": 16000, "resample": True}, "sample rate 8000 Hz"),
        ("a.wav", {**AUDIO, "channel": 1}, "1 channel"),
    ],
)
def test_a_file_that_cannot_be_cut_says_why(tmp_path, name, settings, said):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 8000)
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(UserError, match=said):
        list(windows.file_blocks(tmp_path / name, settings))


class Dripping(io.RawIOBase):
    """Gives few bytes at a time, as a pipe does."""

    def __init__(self, content, step):
        self.content, self.step = content, step

    def read(self, size):
        part, self.content = self.content[: self.step], self.content[self.step :]
        return part


@pytest.mark.parametrize("step", [1, 3, 1000, 10**6])
def test_a_stream_gives_the_samples_of_the_file(tmp_path, step):
    noise = np.random.default_rng(0).normal(size=5000) / 10
    soundfile.write(tmp_path / "a.wav", noise, 8000, subtype="PCM_16")
    expected, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    raw, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    content = raw.astype("<i2").tobytes() + b"\x01"
    parts = list(windows.stream_blocks(Dripping(content, step), sample_rate=8000))
    assert np.array_equal(np.concatenate(parts), expected)
