"""A small machine for tests: a hum in noise, healthy or with a whistle, and its fitted model."""

import pathlib

import numpy as np
import soundfile

from pygoodvibes.audio.stream import file_blocks, sliding
from pygoodvibes.monitoring import score_files
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.judge import judge

RATE = 8000
SMALL = {"mel": {"n_fft": 256, "hop_length": 128, "n_mels": 16}}
"""Settings that take little time; without a sample rate, so that it comes from the clips."""


def sound(seed: int, *, seconds: float = 1.0, whistle: float = 0.0, rate: int = RATE):
    """Return samples, shape (n,), full scale 1."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    hum = 0.1 * np.sin(2 * np.pi * 120 * time + rng.uniform(0, 6))
    return hum + 0.02 * rng.normal(size=len(time)) + whistle * np.sin(2 * np.pi * 2500 * time)


def write(path: pathlib.Path, seed: int, **options) -> pathlib.Path:
    """Write a recording of 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound(seed, **options), options.get("rate", RATE), subtype="PCM_16")
    return path


def save(path: pathlib.Path, samples: np.ndarray) -> pathlib.Path:
    """Write samples as a recording of 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def read(path: pathlib.Path) -> np.ndarray:
    """Read samples, shape (n,)."""
    return soundfile.read(path)[0]


def healthy(folder: pathlib.Path, count: int = 20, **options) -> pathlib.Path:
    """Fill a folder with normal recordings."""
    for number in range(count):
        write(folder / f"{number:03d}.wav", number, **options)
    return folder


def fit(folder: pathlib.Path, content: dict | None = None, **options):
    """Fit a model to normal recordings that are made in a folder."""
    if not folder.is_dir():
        healthy(folder)
    return fit_folder(folder, {**SMALL, **(content or {})}, **options)


def fit_file(path: pathlib.Path, **options):
    """Fit a model to a single recording."""
    return fit_folder(path, SMALL, **options)


def window_scores(model, path: pathlib.Path) -> list[float]:
    """Score a recording in windows as long as the model's, one after the other."""
    size = round(model.window_seconds * model.sample_rate)
    panel = score_files.Panel([model], [judge(model)])
    blocks = file_blocks(path, model.settings["audio"])
    return [
        panel.judge_window(str(path), start / model.sample_rate, signal)[0].score
        for start, signal in sliding(blocks, window=size, hop=size)
    ]
