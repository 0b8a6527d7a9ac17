import random
import resource
import struct
import time

import numpy as np
import pytest
import soundfile
import xxhash

import altered_audio
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.read import inspect_audio, read_audio
from pygoodvibes.audio.stream import file_blocks
from pygoodvibes.util.errors import UserError

READ = {"sample_rate": 16000, "resample": False, "channel": 0}


def noise(n_samples=16000, channels=1, seed=0):
    samples = np.random.default_rng(seed).normal(scale=0.1, size=(n_samples, channels))
    return samples.astype(np.float32)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "normal_id_00_00000000.wav"
    soundfile.write(path, noise(), 16000, subtype="PCM_16")
    return path


def test_inspect_says_what_the_file_holds(wav):
    info = inspect_audio(wav)
    assert (info.samples, info.sample_rate, info.channels) == (16000, 16000, 1)
    assert info.seconds == 1.0
    assert info.xxh3_128 == xxhash.xxh3_128_hexdigest(wav.read_bytes())


def test_read_returns_the_samples_in_full_scale_units(wav):
    samples = read_audio(wav, **READ)
    assert samples.dtype == np.float32
    assert samples.shape == (16000,)
    assert np.abs(samples - noise()[:, 0]).max() <= 1 / 32768


@pytest.mark.parametrize("kept", [0.5, 0.9, 0.999])
@pytest.mark.parametrize(("subtype", "size"), [("PCM_16", 32000), ("FLOAT", 64000)])
def test_a_truncated_wav_is_refused(wav, kept, subtype, size):
    soundfile.write(wav, noise(), 16000, subtype=subtype)
    content = wav.read_bytes()
    wav.write_bytes(content[: int(kept * len(content))])
    for read in (inspect_audio, lambda path: read_audio(path, **READ)):
        with pytest.raises(UserError, match=f"truncated: the header promises {size} bytes"):
            read(wav)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFDC, 0x80000000, 0xFFFFFFFF])
def test_a_wav_of_a_writer_that_did_not_know_its_length_is_read_to_the_end(wav, size):
    expected = read_audio(wav, **READ)
    content = bytearray(wav.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    wav.write_bytes(content)
    assert inspect_audio(wav).samples == 16000
    assert np.array_equal(read_audio(wav, **READ), expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"this is no sound, but a text\n" * 100, "no readable audio"),
        (b"RIFF\0\0\0\0WAVE", "no readable audio"),
    ],
)
def test_files_that_are_no_audio_are_refused(wav, content, message):
    wav.write_bytes(content)
    with pytest.raises(UserError, match=message):
        inspect_audio(wav)
    if content:
        with pytest.raises(UserError, match=message):
            read_audio(wav, **READ)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="can't be read"):
        inspect_audio(tmp_path / "missing.wav")
    with pytest.raises(UserError, match="can't be read"):
        read_audio(tmp_path / "missing.wav", **READ)


def test_a_header_without_samples_is_refused(wav):
    soundfile.write(wav, np.zeros((0, 1), np.float32), 16000, subtype="PCM_16")
    with pytest.raises(UserError, match="holds no samples"):
        inspect_audio(wav)
    with pytest.raises(UserError, match="holds no samples"):
        read_audio(wav, **READ)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_sound_are_refused(wav, value):
    samples = noise()
    samples[100] = value
    soundfile.write(wav, samples, 16000, subtype="FLOAT")
    with pytest.raises(UserError, match="not finite"):
        read_audio(wav, **READ)


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_digital_silence_is_refused_but_the_softest_sound_is_not(wav, level):
    samples = np.full(16000, level, np.float32)
    soundfile.write(wav, samples, 16000, subtype="PCM_16")
    with pytest.raises(UserError, match="digital silence"):
        read_audio(wav, **READ)
    samples[8000] += 1 / 32768
    soundfile.write(wav, samples, 16000, subtype="PCM_16")
    assert np.ptp(read_audio(wav, **READ)) == pytest.approx(1 / 32768)


def test_silence_on_another_channel_does_not_matter(wav):
    samples = noise(channels=2)
    samples[:, 1] = 0
    soundfile.write(wav, samples, 16000, subtype="PCM_16")
    assert np.ptp(read_audio(wav, **READ)) > 0
    with pytest.raises(UserError, match="silence"):
        read_audio(wav, **{**READ, "channel": 1})


def test_another_sample_rate_is_refused_unless_it_may_be_converted(wav):
    time = np.arange(44100) / 44100
    soundfile.write(wav, 0.5 * np.sin(2 * np.pi * 440 * time), 44100, subtype="PCM_16")
    with pytest.raises(UserError, match=r"sample rate 44100 Hz, but audio\.sample_rate is 16000"):
        read_audio(wav, **READ)
    samples = read_audio(wav, **{**READ, "resample": True})
    assert samples.shape == (16000,)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(samples - expected)[500:-500].max() < 1e-3


def test_channels_are_counted_from_0(wav):
    samples = noise(channels=8)
    soundfile.write(wav, samples, 16000, subtype="FLOAT")
    for channel in (0, 7):
        assert np.array_equal(read_audio(wav, **{**READ, "channel": channel}), samples[:, channel])
    with pytest.raises(UserError, match=r"8 channel\(s\), but audio\.channel is 8"):
        read_audio(wav, **{**READ, "channel": 8})


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_ordinary_wavs_are_read_as_by_the_library(wav, channels):
    soundfile.write(wav, noise(channels=channels), 16000, subtype="PCM_16")
    for channel in range(channels):
        expected = soundfile.read(wav, dtype="float32", always_2d=True)[0][:, channel]
        assert np.array_equal(read_audio(wav, **{**READ, "channel": channel}), expected)


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_U8", "FLOAT", "DOUBLE", "ULAW"])
@pytest.mark.parametrize("file_format", ["WAV", "RF64"])
def test_other_kinds_are_left_to_the_library(wav, subtype, file_format):
    soundfile.write(wav, noise(), 16000, subtype=subtype, format=file_format)
    assert inspect_audio(wav).samples == 16000
    assert np.array_equal(read_audio(wav, **READ), soundfile.read(wav, dtype="float32")[0])


def test_a_truncated_flac_is_refused_on_decoding(tmp_path):
    path = tmp_path / "clip.flac"
    soundfile.write(path, noise(), 16000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="can't be decoded"):
        read_audio(path, **READ)


@pytest.fixture
def without_length(tmp_path):
    """A FLAC whose header doesn't say how long it is, as of a stream, and its samples."""
    path = tmp_path / "stream.flac"
    soundfile.write(path, noise(), 16000, subtype="PCM_16")
    samples, _ = soundfile.read(path, dtype="float32")
    content = bytearray(path.read_bytes())
    # total samples: 36 bits that end with byte 17 of STREAMINFO, which begins at byte 8
    content[8 + 13] &= 0xF0
    content[8 + 14 : 8 + 18] = bytes(4)
    path.write_bytes(content)
    return path, samples


def test_a_recording_of_unknown_length_is_read_to_its_end(without_length):
    path, samples = without_length
    assert inspect_audio(path).samples == len(samples)
    assert np.array_equal(read_audio(path, **READ), samples)


MEL = {"n_fft": 1024, "hop_length": 512, "n_mels": 64}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("ending", "container", "coding"), altered_audio.FORMATS)
def test_an_altered_file_is_read_or_refused_with_a_reason(tmp_path, ending, container, coding):
    path = tmp_path / f"clip.{ending}"
    good = altered_audio.write(path, container, coding, noise(16000), 16000)
    rng = random.Random(f"{ending} {coding}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(40):
        path.write_bytes(altered_audio.altered(good, number, rng))
        began = time.monotonic()
        for resample in (False, True):
            try:
                inspect_audio(path)
                signal = read_audio(path, **{**READ, "resample": resample})
                frames = clip_frames(signal, sample_rate=16000, **MEL)
            except UserError as error:
                assert str(error) and "\n" not in str(error)
            else:
                assert len(signal) and np.isfinite(signal).all() and np.isfinite(frames).all()
        try:
            for block in file_blocks(path, READ):
                assert block.ndim == 1
        except UserError as error:
            assert str(error) and "\n" not in str(error)
        assert time.monotonic() - began < 5
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most
    assert more < 500_000  # KB


def test_an_mp3_is_as_long_as_its_first_frame_says(tmp_path):
    path = tmp_path / "clip.mp3"
    soundfile.write(path, noise(32000), 16000)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UserError, match="truncated: the header promises 32000 samples"):
        read_audio(path, **READ)


def test_rates_are_checked_before_anything_is_decoded(wav):
    content = bytearray(wav.read_bytes())
    for rate, said in ((1, "below 1000 Hz"), (2**32 - 1, "above 10000000 Hz")):
        content[24:28] = struct.pack("<I", rate)
        wav.write_bytes(content)
        with pytest.raises(UserError, match=said):
            read_audio(wav, **{**READ, "resample": True})


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_dead_channel_is_told_from_a_dead_recording(tmp_path, ending):
    path = tmp_path / f"clip.{ending}"
    sound = noise(channels=2)
    sound[:, 0] = 0
    soundfile.write(path, sound, 16000)
    with pytest.raises(UserError, match=r"channel 0 are equal, of 2 channels .*audio\.channel"):
        read_audio(path, **READ)
    assert len(read_audio(path, **{**READ, "channel": 1})) == len(sound)


def test_what_the_resampler_says_is_a_reason(wav, monkeypatch):
    soundfile.write(wav, noise(), 8000, subtype="PCM_16")

    def fail(*_, **__):
        raise RuntimeError("soxr: no such ratio")

    monkeypatch.setattr("soxr.resample", fail)
    with pytest.raises(UserError, match=r"can't be resampled \(no such ratio\)"):
        read_audio(wav, **{**READ, "resample": True})


def test_a_file_that_memory_can_not_hold_has_a_reason(wav, monkeypatch):
    def fail(_):
        raise MemoryError

    monkeypatch.setattr("pygoodvibes.audio.read.read_pcm16", fail)
    with pytest.raises(UserError, match="too large for the memory"):
        read_audio(wav, **READ)


@pytest.mark.shared
def test_all_real_clips_can_be_read(shared):
    paths = sorted((shared / "data").rglob("*.wav"))
    assert len(paths) == 205
    for path in paths:
        info = inspect_audio(path)
        assert (info.sample_rate, info.channels) == (16000, 1)
        assert 9.9 < info.seconds < 11.1
