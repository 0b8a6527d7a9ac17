"""Long recordings and live streams: sliding windows, each scored as a clip, and an alarm.

A single window above the threshold is no reason to get up: some normal ones lie there by design
(the false-alarm rate). The alarm looks at the last n windows.
"""

import os
import pathlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

import numpy as np
import soundfile

from pygoodvibes.audio.mel import log_mel
from pygoodvibes.audio.read import check_signal, read_audio, why_unfit
from pygoodvibes.audio.wav import FILES, AudioInfo, read_exactly, wav_header
from pygoodvibes.util.errors import UserError

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
        info = AudioInfo(file.frames, file.samplerate, file.channels, "")
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
    left, channels, total = read_exactly(stream, 12), 1, None
    if left[:4] == b"RIFF" and left[8:12] == b"WAVE":
        info, total = wav_header(stream)
        reason = why_unfit(
            info, {"sample_rate": sample_rate, "resample": False, "channel": channel}, whole=False
        )
        if reason:
            raise UserError(f"a WAV as the stream: {reason}")
        left, channels = b"", info.channels
    elif named := next((name for magic, name in FILES.items() if left.startswith(magic)), ""):
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


def cut(
    rows: Iterable[Mapping],
    folder: pathlib.Path,
    *,
    audio_settings: Mapping,
    mel_settings: Mapping,
    window: float,
    hop: float,
) -> Iterator[tuple[Mapping, np.ndarray | str]]:
    """Compute the log-mel frames of the windows of recordings.

    Parameters
    ----------
    rows, folder, audio_settings, mel_settings
        As in `pygoodvibes.audio.mel_cache.compute`, a row a recording.
    window, hop : float > 0
        Seconds of a window, and from one to the next; hop <= window.

    Yields
    ------
    tuple of (row, frames)
        A row a window: `clip` has its start behind '@', `offset` is its first sample, `seconds`
        its duration. A text instead of frames is the reason why a recording or a window is of no
        use.
    """
    rate = audio_settings["sample_rate"]
    size, step = max(1, round(window * rate)), max(1, round(hop * rate))
    for row in rows:
        if row["status"] != "ok":
            yield row, row["status"]
            continue
        found = False
        try:
            blocks = _blocks(row, folder, audio_settings)
            for first, signal in sliding(blocks, window=size, hop=step):
                found = True
                name = f"{row['clip']}@{first / rate:g}"
                part = {**row, "clip": name, "offset": first, "seconds": f"{size / rate:g}"}
                try:
                    check_signal(signal)
                    yield part, log_mel(signal, sample_rate=rate, **mel_settings)
                except UserError as error:
                    yield {**part, "path": f"{row['path']}@{first / rate:g}"}, str(error)
        except UserError as error:
            yield row, str(error)
            continue
        if not found:
            yield row, f"shorter than a window ({window:g} s)"


def _blocks(row: Mapping, folder: pathlib.Path, settings: Mapping) -> Iterator[np.ndarray]:
    path = folder / row["path"]
    if int(row["sample_rate"]) != settings["sample_rate"]:
        return iter([read_audio(path, **settings)])  # a resampler needs the whole
    return file_blocks(path, settings)
