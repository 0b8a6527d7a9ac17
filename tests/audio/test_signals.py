import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import mel_cache, stream
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.util.errors import UserError

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}
MEL = {"n_fft": 512, "hop_length": 256, "n_mels": 16}
CUT = {"window": 0.25, "hop": 0.25}


@pytest.fixture
def rows(tmp_path):
    """Manifest rows of recordings of one second; the second one is silent for half of it."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(3):
        samples = rng.integers(-9000, 9000, 16000).astype(np.int16)
        if number == 1:
            samples[:8000] = 0
        soundfile.write(tmp_path / f"{number}.wav", samples, 16000, subtype="PCM_16")
        row = dict.fromkeys(mel_cache.COLUMNS, "")
        found.append({**row, "clip": f"a@{number}.wav", "path": f"{number}.wav"})
        found[-1] |= {"status": "ok", "sample_rate": "16000"}
    return found


def test_clips_come_in_order(rows, tmp_path):
    found = list(signals_of(rows, tmp_path, audio_settings=AUDIO))
    for row, signal in zip(rows, found, strict=True):
        assert np.array_equal(signal, soundfile.read(tmp_path / row["path"], dtype="float32")[0])


def test_windows_that_have_frames_come_in_order_and_no_others(rows, tmp_path):
    options = {"audio_settings": AUDIO, "mel_settings": MEL}
    mel_cache.write(
        tmp_path / "a.npy", tmp_path / "a.csv", stream.cut(rows, tmp_path, **options, **CUT)
    )
    clips = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv").clips
    assert len(clips) == 4 + 2 + 4
    found = list(signals_of(clips, tmp_path, audio_settings=AUDIO, cut=CUT))
    assert len(found) == len(clips)
    whole = {
        row["path"]: soundfile.read(tmp_path / row["path"], dtype="float32")[0] for row in rows
    }
    for row, signal in zip(clips, found, strict=True):
        start = round(16000 * float(row["clip"].rpartition("@")[2]))
        assert np.array_equal(signal, whole[row["path"]][start : start + 4000])


def test_a_recording_that_is_gone_is_an_error_in_a_sentence(rows, tmp_path):
    (tmp_path / "0.wav").unlink()
    with pytest.raises((UserError, OSError)):
        list(signals_of(rows, tmp_path, audio_settings=AUDIO))
