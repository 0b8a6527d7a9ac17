import io
import os

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
from hypothesis import given

from pygoodvibes.audio.stream import file_blocks, sliding, stream_blocks
from pygoodvibes.util.errors import UserError

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
    found = list(sliding(blocks, window=window, hop=hop))
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

    for start, cut in sliding(blocks(), window=25, hop=5):
        assert cut[-1] == held[-1]  # what comes out is never behind what went in
        assert start + 25 > 10 * held[-1]


@pytest.mark.parametrize("hop", [0, 6])
def test_a_hop_that_would_skip_samples_is_refused(hop):
    with pytest.raises(ValueError, match="hop"):
        list(sliding([np.zeros(9)], window=5, hop=hop))


def test_a_file_comes_in_blocks_as_it_is_read_whole(tmp_path):
    stereo = np.random.default_rng(0).normal(size=(20123, 2)) / 10
    soundfile.write(tmp_path / "a.wav", stereo, 8000)
    whole, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    parts = list(file_blocks(tmp_path / "a.wav", {**AUDIO, "channel": 1}))
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
        list(file_blocks(tmp_path / name, settings))


class Dripping(io.RawIOBase):
    """Gives few bytes at a time, as a pipe does."""

    def __init__(self, content, step):
        self.content, self.step = content, step

    def read(self, size):
        step = min(size, self.step)
        part, self.content = self.content[:step], self.content[step:]
        return part


@pytest.mark.parametrize("step", [1, 3, 1000, 10**6])
def test_a_stream_gives_the_samples_of_the_file(tmp_path, step):
    noise = np.random.default_rng(0).normal(size=5000) / 10
    soundfile.write(tmp_path / "a.wav", noise, 8000, subtype="PCM_16")
    expected, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    raw, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    content = raw.astype("<i2").tobytes() + b"\x01"
    parts = list(stream_blocks(Dripping(content, step), sample_rate=8000))
    assert np.array_equal(np.concatenate(parts), expected)


def wav(tmp_path, samples, rate=8000, **options):
    soundfile.write(tmp_path / "s.wav", samples, rate, **{"subtype": "PCM_16", **options})
    return (tmp_path / "s.wav").read_bytes()


@pytest.mark.parametrize("step", [1, 7, 10**6])
@pytest.mark.parametrize("file_format", ["WAV", "WAVEX"])
def test_a_wav_as_the_stream_gives_its_samples_and_not_its_header(tmp_path, step, file_format):
    stereo = np.random.default_rng(0).normal(size=(3000, 2)) / 10
    content = wav(tmp_path, stereo, format=file_format)
    expected, _ = soundfile.read(tmp_path / "s.wav", dtype="float32")
    # behind the samples there may be notes, which are no sound
    notes = b"LIST\x04\x00\x00\x00INFO"
    stream = Dripping(content + notes, step)
    parts = list(stream_blocks(stream, sample_rate=8000, channel=1))
    assert np.array_equal(np.concatenate(parts), expected[:, 1])


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFDC, 0xFFFFFFFF])
def test_a_wav_that_does_not_know_its_length_is_read_to_the_end(tmp_path, size):
    noise = np.random.default_rng(0).normal(size=3000) / 10
    content = bytearray(wav(tmp_path, noise))
    expected, _ = soundfile.read(tmp_path / "s.wav", dtype="float32")
    content[40:44] = size.to_bytes(4, "little")
    parts = list(stream_blocks(io.BytesIO(content), sample_rate=8000))
    assert np.array_equal(np.concatenate(parts), expected)
    (tmp_path / "s.wav").write_bytes(content)
    assert np.array_equal(np.concatenate(list(file_blocks(tmp_path / "s.wav", AUDIO))), expected)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_truncated_file_is_no_shorter_recording(tmp_path, subtype):
    content = wav(tmp_path, np.random.default_rng(0).normal(size=3000) / 10, subtype=subtype)
    (tmp_path / "s.wav").write_bytes(content[:-500])
    with pytest.raises(UserError, match="truncated: the header promises"):
        next(file_blocks(tmp_path / "s.wav", AUDIO))


@pytest.mark.parametrize(
    ("promised", "said"),
    [(7000, "truncated: the header promises 7000 bytes, 6000 follow"), (4000, "and more follow")],
)
def test_a_stream_is_checked_like_a_file_once_it_has_ended(tmp_path, promised, said):
    content = bytearray(wav(tmp_path, np.random.default_rng(0).normal(size=3000) / 10))
    content[40:44] = promised.to_bytes(4, "little")
    found = []
    with pytest.raises(UserError, match=said):
        found.extend(stream_blocks(io.BytesIO(content), sample_rate=8000))
    (tmp_path / "s.wav").write_bytes(content)
    with pytest.raises(UserError, match=f"promises {promised} bytes"):
        next(file_blocks(tmp_path / "s.wav", AUDIO))


def test_a_header_of_very_many_channels_takes_no_more_memory(tmp_path):
    content = bytearray(wav(tmp_path, np.random.default_rng(0).normal(size=300_000) / 10))
    content[22:24] = (65535).to_bytes(2, "little")
    content[40:44] = bytes(4)
    sizes = []

    class Counting(io.BytesIO):
        def read1(self, size=-1):
            sizes.append(size)
            return super().read1(size)

    list(stream_blocks(Counting(content), sample_rate=8000))
    assert max(sizes) <= 2**23


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_what_stands_behind_the_samples_of_a_file_is_no_sound(tmp_path, subtype):
    content = wav(tmp_path, np.random.default_rng(0).normal(size=3000) / 10, subtype=subtype)
    expected, _ = soundfile.read(tmp_path / "s.wav", dtype="float32")
    (tmp_path / "s.wav").write_bytes(content + b"LIST\x04\x00\x00\x00INFO")
    assert np.array_equal(np.concatenate(list(file_blocks(tmp_path / "s.wav", AUDIO))), expected)


@pytest.mark.parametrize(
    ("options", "channel", "said"),
    [
        ({"rate": 16000}, 0, "stream: sample rate 16000 Hz, but audio.sample_rate is 8000 Hz"),
        ({"subtype": "PCM_24"}, 0, "24 bit, format 1"),
        ({"subtype": "FLOAT"}, 0, "32 bit, format 3"),
        ({}, 1, "but audio.channel is 1"),
        ({"format": "FLAC"}, 0, "is FLAC, not raw samples"),
    ],
)
def test_a_stream_of_another_kind_is_refused(tmp_path, options, channel, said):
    content = wav(tmp_path, np.random.default_rng(0).normal(size=300) / 10, **options)
    with pytest.raises(UserError, match=said):
        list(stream_blocks(io.BytesIO(content), sample_rate=8000, channel=channel))


@pytest.mark.parametrize("cut", [14, 30, 40])
def test_a_wav_header_that_stops_is_refused(tmp_path, cut):
    content = wav(tmp_path, np.zeros(300))[:cut]
    with pytest.raises(UserError, match="begins as a WAV and then is none"):
        list(stream_blocks(io.BytesIO(content), sample_rate=8000))


def test_a_recording_whose_name_is_not_utf8_is_cut_like_others(tmp_path):
    noise = np.random.default_rng(0).normal(size=300) / 10
    soundfile.write(tmp_path / "a.flac", noise, 8000)
    expected = np.concatenate(list(file_blocks(tmp_path / "a.flac", AUDIO)))
    odd = tmp_path / os.fsdecode(b"caf\xe9.flac")
    (tmp_path / "a.flac").rename(odd)
    assert np.array_equal(np.concatenate(list(file_blocks(odd, AUDIO))), expected)
