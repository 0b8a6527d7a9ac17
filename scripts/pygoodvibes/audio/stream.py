"""Long recordings and live streams: read in blocks, and cut into sliding windows.

Comes in: a recording of any length, or a stream that has no end. Goes out: samples in blocks,
windows, and the log-mel frames of windows. Never is much more held than one window.
"""

import pathlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import BinaryIO

import numpy as np

from pygoodvibes.audio import condition, microphones
from pygoodvibes.audio.complete import check_complete, check_held, check_rest
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.microphones import Channel
from pygoodvibes.audio.read import blocks_of, name_of, open_sound, opened, read_audio
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.audio.usable import check_signal, why_unusable
from pygoodvibes.audio.wav import (
    PCM,
    WavHeader,
    begins_as_wav,
    header_behind,
    header_of,
    pcm16,
    read_exactly,
)
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

BLOCK_SECONDS = 1.0
"""Seconds of a recording that are read at a time."""

MOST_OF_A_BLOCK = 2**23
"""Bytes that are read at a time, however many channels there are."""

OTHER_FORMATS = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"FORM": "AIFF",
    b"caff": "CAF",
    b"RF64": "RF64",
    b"RIFX": "RIFX",
}
"""Names of formats that a stream can't have, by the first bytes: they are no raw samples."""


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
    np.ndarray [shape=(n_samples,) or (n_samples, 2), dtype=float32]
        Amplitude; full scale is 1. Of two microphones that count together both channels: their
        windows are mixed one by one (`pygoodvibes.audio.microphones.heard`).

    Raises
    ------
    UserError
        With the reason, if it can't be read, ends before its header says or doesn't fit; windows
        are never resampled.
    """
    path = pathlib.Path(path)
    if path.is_file():  # a pipe by a name can't be opened twice
        with opened(path) as file:
            check_complete(file)
            header = header_of(file)
            if header and header.is_pcm16:
                _check_fit(header.sample_rate, header.channels, settings)
                yield from _pcm16_blocks(file, header, settings["channel"])
                return
    yield from _decoded_blocks(path, settings)


def _check_fit(found_rate: int, channels: int, settings: Mapping) -> None:
    reason = why_unusable(found_rate, channels, **settings, whole=False)
    if reason:
        raise UserError(reason)


def _decoded_blocks(path: pathlib.Path, settings: Mapping) -> Iterator[np.ndarray]:
    with open_sound(name_of(path)) as file:
        _check_fit(file.samplerate, file.channels, settings)
        for block in blocks_of(file):
            yield np.ascontiguousarray(microphones.picked(block, settings["channel"]))


def stream_blocks(
    stream: BinaryIO, *, sample_rate: int, channel: Channel = 0
) -> Iterator[np.ndarray]:
    """Read samples as they come: raw (PCM, 16 bit, little-endian, one channel), or a WAV of 16 bit.

    Parameters
    ----------
    stream : binary file
        E.g. standard input. What is left of a sample at the end is dropped.
    sample_rate : int > 0
        Hz.
    channel : int >= 0 or str
        Channel of a WAV that counts.

    Yields
    ------
    np.ndarray
        As in `file_blocks`.

    Raises
    ------
    UserError
        If it is a WAV of another kind, a file of another format, or raw where two microphones are
        asked for; at its end, if its header promises more or less than there was.
    """
    start = read_exactly(stream, 12)
    if begins_as_wav(start):
        header = header_behind(stream)
        if header is None:
            raise UserError("the stream begins as a WAV and then is none; send raw samples")
        if not header.is_pcm16:
            raise UserError(
                "the stream is a WAV of another kind ({bits} bit, format {format}); only PCM "
                "of 16 bit can be read as it comes",
                bits=header.bits,
                format=header.format,
            )
        settings = {"sample_rate": sample_rate, "resample": False, "channel": channel}
        try:
            _check_fit(header.sample_rate, header.channels, settings)
        except UserError as error:
            raise UserError("a WAV as the stream: {reason}", reason=error) from None
        found = yield from _pcm16_blocks(stream, header, channel)
        if header.promised is not None:
            check_held(header.promised, found)
            check_rest(header.promised, read_exactly(stream, 9))
        return
    if name := next((name for magic, name in OTHER_FORMATS.items() if start.startswith(magic)), ""):
        raise UserError(
            "the stream is {name}, not raw samples or a WAV of 16 bit; name the file "
            "instead of '-'",
            name=name,
        )
    if microphones.is_mixture(channel):
        raise UserError(
            "a stream of raw samples has one channel, but audio.channel is {channel}, which takes "
            "two: send a WAV of 16 bit",
            channel=channel,
        )
    raw = WavHeader(PCM, 1, sample_rate, 16, 0, None)
    yield from _pcm16_blocks(stream, raw, 0, start=start)


def _pcm16_blocks(
    stream: BinaryIO, header: WavHeader, channel: Channel, *, start: bytes = b""
) -> Generator[np.ndarray, None, int]:
    """Read what counts of samples of 16 bit; their first bytes may have been read before.

    At the end it returns how many bytes there were.
    """
    # what is there is read, and not waited for until a block is full
    read = getattr(stream, "read1", stream.read)
    step = 2 * header.channels
    size = step * max(1, round(BLOCK_SECONDS * header.sample_rate))
    size = max(step, min(size, MOST_OF_A_BLOCK // step * step))
    left, missing = start, header.promised
    ended, found = False, 0
    while not ended:
        # behind the samples of a WAV something else may follow
        wanted = size if missing is None else min(size, missing)
        content = read(wanted) if wanted else b""
        ended = not content
        found += len(content)
        missing = None if missing is None else missing - len(content)
        content = left + content
        whole = len(content) // step * step
        content, left = content[:whole], content[whole:]
        if content:
            samples = microphones.picked(pcm16(content, header.channels), channel)
            yield samples.astype(np.float32) / np.float32(32768)
    return found


def sliding(
    blocks: Iterable[np.ndarray], *, window: int, hop: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Cut what comes in blocks into windows, holding not much more than one of them.

    Parameters
    ----------
    blocks : iterable of np.ndarray [shape=(n,) or (n, 2)]
        Samples, in blocks of any length.
    window : int > 0
        Samples of a window.
    hop : int > 0
        Samples from the start of one to that of the next, at most `window`.

    Yields
    ------
    tuple of (start, samples)
        Number of the first sample, and the samples, `window` of them. Those left at the end make a
        last window that ends with them. What is shorter than one window makes none.
    """
    if not 0 < hop <= window:
        raise ValueError(f"hop must lie between 1 and window ({window}), not at {hop}")
    held: np.ndarray | None = None
    start = 0  # where what may be needed starts
    following = 0  # start of the next window
    covered = 0  # end of the last one
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        while following + window <= start + len(held):
            first = following - start
            yield following, held[first : first + window].copy()
            covered, following = following + window, following + hop
        # a last window may still need the last `window` samples
        keep = min(following, start + len(held) - window)
        if keep > start:
            held, start = held[keep - start :].copy(), keep
    if held is None:
        return
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
        its duration, `samples_xxh3_128` the hash of its samples, and it has their condition. A
        text instead of frames is the reason why a recording or a window is of no use.
    """
    for row in rows:
        if row["status"] != "ok":
            yield row, row["status"]
            continue
        any_window = False
        rate = audio_settings["sample_rate"]
        options = {"audio_settings": audio_settings, "window": window, "hop": hop}
        try:
            for window_row, signal in windows_of(row, folder, **options):
                any_window = True
                try:
                    check_signal(signal)
                    frames = clip_frames(signal, sample_rate=rate, **mel_settings)
                    measured = condition.measure(signal)
                    samples = {"samples_xxh3_128": hash_samples(signal)}
                    yield {**window_row, **samples, **measured}, frames
                except UserError as error:
                    place = f"{row['path']}@{window_row['offset'] / rate:g}"
                    yield {**window_row, "path": place}, error.message
        except UserError as error:
            yield row, error.message
            continue
        if not any_window:
            yield row, message("shorter than a window ({window:g} s)", window=window)


def windows_of(
    row: Mapping, folder: pathlib.Path, *, audio_settings: Mapping, window: float, hop: float
) -> Iterator[tuple[Mapping, np.ndarray]]:
    """Cut a recording into windows.

    Parameters
    ----------
    row : mapping
        Its manifest row.
    folder, audio_settings, window, hop
        As in `cut`.

    Yields
    ------
    tuple of (row, samples)
        The row of a window, with `clip`, `offset` and `seconds` as in `cut`; its samples, shape
        (n_samples,).

    Raises
    ------
    UserError
        If the recording can't be read.
    """
    rate = audio_settings["sample_rate"]
    size, step = max(1, round(window * rate)), max(1, round(hop * rate))
    for first, signal in sliding(_blocks(row, folder, audio_settings), window=size, hop=step):
        name = f"{row['clip']}@{first / rate:g}"
        signal = microphones.heard(signal, audio_settings["channel"], rate)
        yield {**row, "clip": name, "offset": first, "seconds": f"{size / rate:g}"}, signal


def _blocks(row: Mapping, folder: pathlib.Path, settings: Mapping) -> Iterator[np.ndarray]:
    path = folder / row["path"]
    if int(row["sample_rate"]) != settings["sample_rate"]:
        return iter([read_audio(path, **settings)])  # a resampler needs the whole
    return file_blocks(path, settings)
