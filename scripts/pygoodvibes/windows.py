"""Long recordings and live streams: sliding windows, each scored as a clip, and an alarm.

A single window above the threshold is no reason to get up: some normal ones lie there by design
(the false-alarm rate). The alarm looks at the last n windows.
"""

import collections
import dataclasses
import os
import pathlib
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

import numpy as np
import soundfile

from pygoodvibes import audio
from pygoodvibes.errors import UserError
from pygoodvibes.scoring import why_unfit

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
        # as bytes, since a name that is not UTF-8 is no text that the library would take
        file = soundfile.SoundFile(path if sys.platform == "win32" else os.fsencode(path))
    except (soundfile.SoundFileError, OSError) as error:
        if not pathlib.Path(path).exists():
            raise UserError("can't be read (No such file or directory)") from None
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise UserError(f"no readable audio ({reason})") from None
    with file:
        info = audio.AudioInfo(file.frames, file.samplerate, file.channels, "")
        reason = why_unfit(info, {**settings, "resample": False}, whole=False)
        if reason:
            raise UserError(reason)
        try:
            for block in file.blocks(
                max(1, round(BLOCK_SECONDS * file.samplerate)), dtype="float32", always_2d=True
            ):
                yield np.ascontiguousarray(block[:, settings["channel"]])
        except (soundfile.SoundFileError, OSError) as error:
            reason = str(error).rpartition(": ")[2].rstrip(".")
            raise UserError(f"can't be decoded ({reason})") from None


def stream_blocks(stream: BinaryIO, *, sample_rate: int, channel: int = 0) -> Iterator[np.ndarray]:
    """Read samples as they come: raw (PCM, 16 bit, little-endian, one channel), or a WAV of 16 bit.

    Parameters
    ----------
    stream : binary file
        E.g. standard input. What is left of a sample at the end is dropped.
    sample_rate : int > 0
        Hz.
    channel : int >= 0
        Channel of a WAV that counts.

    Yields
    ------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude; full scale is 1.

    Raises
    ------
    UserError
        If it is a WAV of another kind, or a file of another format.
    """
    left, channels, total = _read_exactly(stream, 12), 1, None
    if left[:4] == b"RIFF" and left[8:12] == b"WAVE":
        info, total = _wav_header(stream)
        reason = why_unfit(
            info, {"sample_rate": sample_rate, "resample": False, "channel": channel}, whole=False
        )
        if reason:
            raise UserError(f"a WAV as the stream: {reason}")
        left, channels = b"", info.channels
    elif named := next((name for magic, name in _FILES.items() if left.startswith(magic)), ""):
        raise UserError(
            f"the stream is {named}, not raw samples or a WAV of 16 bit; name the file instead of "
            "'-'"
        )
    column = channel if channels > 1 else 0
    # what is there is read, and not waited for until a block is full
    read = getattr(stream, "read1", stream.read)
    step = 2 * channels
    size = step * max(1, round(BLOCK_SECONDS * sample_rate))
    ended = False
    while not ended:
        # behind the samples of a WAV something else may follow
        wanted = size if total is None else min(size, total)
        content = read(wanted) if wanted else b""
        ended = not content
        total = None if total is None else total - len(content)
        content = left + content
        whole = len(content) // step * step
        content, left = content[:whole], content[whole:]
        if content:
            samples = np.frombuffer(content, dtype="<i2").reshape(-1, channels)[:, column]
            yield samples.astype(np.float32) / np.float32(32768)


_FILES = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"FORM": "AIFF",
    b"caff": "CAF",
    b"RF64": "RF64",
    b"RIFX": "RIFX",
}
"""First bytes of files that are no raw samples."""


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, or fewer where the stream ends."""
    content = b""
    while len(content) < size and (part := stream.read(size - len(content))):
        content += part
    return content


def _wav_header(stream: BinaryIO) -> tuple[audio.AudioInfo, int | None]:
    """Read a WAV header from behind 'WAVE' up to its samples: what they are, and their bytes.

    Bytes are None if the writer, that streams, didn't know how many there would be.
    """
    form = b""
    while len(head := _read_exactly(stream, 8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            break
        # no header has a chunk of this size: what follows are no chunks
        content = _read_exactly(stream, size + size % 2) if size < 2**24 else b""
        if len(content) < size:
            break
        form = content if name == b"fmt " else form
    else:
        name = b""
    if name != b"data" or len(form) < 16:
        raise UserError("the stream begins as a WAV and then is none; send raw samples")
    kind, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == 0xFFFE and len(form) >= 26:  # the extensible kind names its real one further on
        [kind] = struct.unpack_from("<H", form, 24)
    if kind != 1 or bits != 16 or not channels:
        raise UserError(
            f"the stream is a WAV of another kind ({bits} bit, format {kind}); only PCM of 16 bit "
            "can be read as it comes"
        )
    # writers that stream leave 0 or a number that is too large
    known = 0 < size < 0x7FFFF000
    return audio.AudioInfo(0, sample_rate, channels, ""), size if known else None


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

    @property
    def undecided(self) -> bool:
        """Return whether all windows so far are anomalous, and too few for the alarm.

        If the recording ends there, nobody will know more of it: then that is an alarm.
        """
        return 0 < len(self._last) < self.k and all(self._last)

    def update(self, anomalous: bool) -> bool:
        """Take in the next window; return whether the alarm is on."""
        self._last.append(bool(anomalous))
        found = sum(self._last)
        self.on = found >= self.k or (self.on and 2 * found >= self.k)
        return self.on
