import struct

import numpy as np
import pytest
import soundfile
import xxhash

from pygoodvibes.audio.read import inspect_audio, read_audio, why_unusable
from pygoodvibes.audio.wav import pcm16, promised_bytes
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
def test_a_truncated_wav_is_refused(wav, kept):
    content = wav.read_bytes()
    wav.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match="truncated: the header promises 32000 bytes"):
        inspect_audio(wav)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_streamed_wav_that_promises_no_length_is_not_called_truncated(wav, size):
    content = bytearray(wav.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    assert promised_bytes(bytes(content)) is None


def test_chunks_before_the_samples_are_passed_over(wav):
    content = wav.read_bytes()
    at = content.index(b"data")
    # a chunk of odd length is followed by one byte of padding
    longer = content[:at] + b"note" + struct.pack("<I", 3) + b"abc\0" + content[at:]
    assert promised_bytes(longer) == (32000, 32000)
    assert promised_bytes(longer[:-10]) == (32000, 31990)


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
        with pytest.raises(UserError, match="can't be decoded"):
            read_audio(wav, **READ)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="can't be read"):
        inspect_audio(tmp_path / "missing.wav")
    with pytest.raises(UserError, match="can't be decoded"):
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
    reason = why_unusable(inspect_audio(wav), **READ)
    assert reason.startswith("sample rate 44100 Hz")
    samples = read_audio(wav, **{**READ, "resample": True})
    assert samples.shape == (16000,)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(samples - expected)[500:-500].max() < 1e-3
    assert why_unusable(inspect_audio(wav), **{**READ, "resample": True}) == ""


def test_channels_are_counted_from_0(wav):
    samples = noise(channels=8)
    soundfile.write(wav, samples, 16000, subtype="FLOAT")
    for channel in (0, 7):
        assert np.array_equal(read_audio(wav, **{**READ, "channel": channel}), samples[:, channel])
    with pytest.raises(UserError, match=r"8 channel\(s\), but audio\.channel is 8"):
        read_audio(wav, **{**READ, "channel": 8})
    assert why_unusable(inspect_audio(wav), **{**READ, "channel": 8})
    assert not why_unusable(inspect_audio(wav), **{**READ, "channel": 7})


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_ordinary_wavs_are_read_directly_and_as_by_the_library(wav, channels):
    soundfile.write(wav, noise(channels=channels), 16000, subtype="PCM_16")
    direct, sample_rate = pcm16(wav.read_bytes())
    assert (direct.shape, sample_rate) == ((16000, channels), 16000)
    for channel in range(channels):
        expected = soundfile.read(wav, dtype="float32", always_2d=True)[0][:, channel]
        assert np.array_equal(read_audio(wav, **{**READ, "channel": channel}), expected)


def changed(content, case):
    """Return a WAV file that is no ordinary one, or not as its header says."""
    at = content.index(b"data")
    return {
        "note after the samples": content + b"note" + struct.pack("<I", 2) + b"ab",
        "note before the samples": content[:at] + b"note\2\0\0\0ab" + content[at:],
        "truncated": content[:-1001],
        "streamed": content[: at + 4] + b"\xff\xff\xff\xff" + content[at + 8 :],
        "compressed": content[:20] + b"\2\0" + content[22:],
    }[case]


@pytest.mark.parametrize(
    "case",
    ["note after the samples", "note before the samples", "truncated", "streamed", "compressed"],
)
def test_other_wavs_are_left_to_the_library(wav, case):
    wav.write_bytes(changed(wav.read_bytes(), case))
    assert pcm16(wav.read_bytes()) is None
    try:
        expected = soundfile.read(wav, dtype="float32")[0]
    except soundfile.SoundFileError:
        with pytest.raises(UserError, match="can't be decoded"):
            read_audio(wav, **READ)
    else:
        assert np.array_equal(read_audio(wav, **READ), expected)


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_U8", "FLOAT", "DOUBLE", "ULAW"])
def test_other_sample_formats_are_left_to_the_library(wav, subtype):
    soundfile.write(wav, noise(), 16000, subtype=subtype)
    assert pcm16(wav.read_bytes()) is None
    assert np.array_equal(read_audio(wav, **READ), soundfile.read(wav, dtype="float32")[0])


def test_a_truncated_flac_is_refused_on_decoding(tmp_path):
    path = tmp_path / "clip.flac"
    soundfile.write(path, noise(), 16000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="can't be decoded"):
        read_audio(path, **READ)


@pytest.mark.shared
def test_all_real_clips_can_be_read(shared):
    paths = sorted((shared / "data").rglob("*.wav"))
    assert len(paths) == 205
    for path in paths:
        info = inspect_audio(path)
        assert why_unusable(info, **READ) == ""
        assert (info.sample_rate, info.channels) == (16000, 1)
        assert 9.9 < info.seconds < 11.1
