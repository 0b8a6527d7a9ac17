"""Long recordings and live streams: sliding windows, each scored as a clip, and an alarm.

A single window above the threshold is no reason to get up: some normal ones lie there by design
(the false-alarm rate). The alarm looks at the last n windows.
"""

import collections
import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

import numpy as np
import soundfile

from pygoodvibes import audio
from pygoodvibes.errors import UserError

BLOCK_SECONDS = 1.0
"""Seconds of a recording that are read at a time."""


def file_blocks(path: str | pathlib.Path, settings: Mapping) -> Iterator[np.ndarray]:
    """Read a recording of any length, block by block.

    Parameters
    ----------
    path : path
        Audio file.
    settings : mapping
        The `audio` section of a model's settings.

    Yields
    ------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude.

    Raises
    ------
    UserError
        With the reason, if it can't be read or doesn't fit; windows are never resampled.
    """
    try:
        file = soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, OSError) as error:
        if not pathlib.Path(path).exists():
            raise UserError("can't be read (No such file or directory)") from None
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise UserError(f"no readable audio ({reason})") from None
    with file:
        info = audio.AudioInfo(file.frames, file.samplerate, file.channels, "")
        reason = audio.why_unusable(
            info,
            sample_rate=settings["sample_rate"],
            resample=False,
            channel=settings["channel"],
        )
        if reason:
            raise UserError(reason.replace("audio.sample_rate", "the model's"))
        try:
            for block in file.blocks(
                max(1, round(BLOCK_SECONDS * file.samplerate)), dtype="float32", always_2d=True
            ):
                yield np.ascontiguousarray(block[:, settings["channel"]])
        except (soundfile.SoundFileError, OSError) as error:
            reason = str(error).rpartition(": ")[2].rstrip(".")
            raise UserError(f"can't be decoded ({reason})") from None


def stream_blocks(stream: BinaryIO, *, sample_rate: int) -> Iterator[np.ndarray]:
    """Read raw samples as they come: PCM, 16 bit, little-endian, one channel.

    Parameters
    ----------
    stream : binary file
        E.g. standard input. A last odd byte is dropped.
    sample_rate : int > 0
        Hz.

    Yields
    ------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude; full scale is 1.
    """
    # what is there is read, and not waited for until a block is full
    read = getattr(stream, "read1", stream.read)
    size, left = 2 * max(1, round(BLOCK_SECONDS * sample_rate)), b""
    while content := read(size):
        content = left + content
        whole = len(content) // 2 * 2
        content, left = content[:whole], content[whole:]
        if content:
            yield np.frombuffer(content, dtype="<i2").astype(np.float32) / np.float32(32768)


def sliding(
    blocks: Iterable[np.ndarray], *, window: int, hop: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Cut what comes in blocks into windows, holding not much more than one of them.

    Parameters
    ----------
    blocks : iterable of np.ndarray [shape=(n,)]
        Samples, in blocks of any length.
    window : int > 0
        Samples of a window.
    hop : int > 0
        Samples from the start of one to that of the next, at most `window`.

    Yields
    ------
    tuple of (start, samples)
        Number of the first sample, and the samples, shape (window,). Samples left at the end make a
        last window that ends with them. What is shorter than one window makes none.
    """
    if not 0 < hop <= window:
        raise ValueError(f"hop must lie between 1 and window ({window}), not at {hop}")
    held, start = np.zeros(0, dtype=np.float32), 0  # what may be needed, and where it starts
    following = 0  # start of the next window
    covered = 0  # end of the last one
    for block in blocks:
        held = np.concatenate([held, block])
        while following + window <= start + len(held):
            first = following - start
            yield following, held[first : first + window].copy()
            covered, following = following + window, following + hop
        # a last window may still need the last `window` samples
        keep = min(following, start + len(held) - window)
        if keep > start:
            held, start = held[keep - start :].copy(), keep
    end = start + len(held)
    if end > covered and end >= window:
        yield end - window, held[len(held) - window :].copy()


@dataclasses.dataclass
class Alarm:
    """An alarm with hysteresis.

    It goes on when at least `k` of the last `n` windows are anomalous, and off when fewer than half
    of `k` are.

    Parameters
    ----------
    k, n : int > 0
        k <= n.
    """

    k: int
    n: int

    def __post_init__(self):
        if not 1 <= self.k <= self.n:
            raise UserError(f"alarm {self.k}/{self.n}: at least 1 of so many windows or more")
        self.on = False
        self._last: collections.deque[bool] = collections.deque(maxlen=self.n)

    def update(self, anomalous: bool) -> bool:
        """Take in the next window; return whether the alarm is on."""
        self._last.append(bool(anomalous))
        found = sum(self._last)
        self.on = found >= self.k or (self.on and 2 * found >= self.k)
        return self.on
