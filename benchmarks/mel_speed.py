"""Mel extraction against librosa on the same WAV files: seconds a clip, and the largest difference.

Usage: ``python benchmarks/mel_speed.py FOLDER``
"""

import argparse
import pathlib
import random
import statistics
import time

import librosa
import numpy as np
import threadpoolctl

from pygoodvibes.audio.mel import log_mel
from pygoodvibes.audio.read import read_audio
from pygoodvibes.config.config import Audio, Mel

AUDIO = Audio().model_dump(mode="json")
MEL = Mel().model_dump(mode="json")
TOLERANCE_DB = 1e-3


def ours(path: pathlib.Path) -> np.ndarray:
    """Return the log-mel frames of a clip, shape (n_frames, n_mels), as the workflow does."""
    return log_mel(read_audio(path, **AUDIO), sample_rate=AUDIO["sample_rate"], **MEL)


def by_librosa(path: pathlib.Path) -> np.ndarray:
    """Return the same frames by librosa, shape (n_mels, n_frames)."""
    signal, sample_rate = librosa.load(path, sr=None)
    mel = librosa.feature.melspectrogram(y=signal, sr=sample_rate, n_fft=1024, hop_length=512)
    return 10 * np.log10(np.maximum(mel, 1e-10))


def seconds(function, paths: list[pathlib.Path], clock) -> float:
    """Return the seconds a clip takes, mean over some."""
    start = clock()
    for path in paths:
        function(path)
    return (clock() - start) / len(paths)


def compare(folder: pathlib.Path, *, clips: int = 60, repetitions: int = 9) -> dict:
    """Measure both in turn; end with 1 if the frames differ.

    Returns
    -------
    dict
        Medians in ms a clip (`ours`, `librosa`), the median `ratio` with its lowest and highest
        value over the repetitions, the same by processor time (`cpu_ratio`), and the largest
        difference, dB.
    """
    paths = random.Random(0).choices(sorted(folder.glob("*/*/*.wav")), k=clips)
    difference = max(np.abs(ours(path) - by_librosa(path).T).max() for path in paths)
    found = {"ours": [], "librosa": [], "ratio": [], "cpu_ratio": []}
    with threadpoolctl.threadpool_limits(1):
        for _ in range(repetitions):
            for clock, key in ((time.perf_counter, "ratio"), (time.process_time, "cpu_ratio")):
                each = seconds(ours, paths, clock), seconds(by_librosa, paths, clock)
                found[key].append(each[1] / each[0])
                if key == "ratio":
                    found["ours"].append(1000 * each[0])
                    found["librosa"].append(1000 * each[1])
    if difference > TOLERANCE_DB:
        raise SystemExit(f"the frames differ by {difference:.1e} dB, more than {TOLERANCE_DB} dB")
    medians = {key: statistics.median(values) for key, values in found.items()}
    spread = {"lowest": min(found["ratio"]), "highest": max(found["ratio"])}
    return {**medians, **spread, "difference": float(difference), "repetitions": repetitions}


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    result = compare(parser.parse_args().folder)
    for key, value in result.items():
        print(f"{key:12} {value:.4g}")


if __name__ == "__main__":
    main()
