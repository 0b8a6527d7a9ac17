"""What an encoder is fed with: the samples of a clip come in, the inputs of its graph go out.

Training and scoring call the same functions, so that an encoder sees the same values in both.
"""

from collections.abc import Iterator

import numpy as np

from pygoodvibes.audio.mel import clip_frames, window_function
from pygoodvibes.audio.settings import Mel
from pygoodvibes.embeddings.encoder_needs import Frames, Input, Needs, Spectrum, Stft
from pygoodvibes.util.errors import UserError

MOST_VALUES = 2**27
"""Most values that are computed of a piece on the way to an input."""

MOST_PIECES = 10_000
"""Most pieces of a clip."""


def inputs_of(
    signal: np.ndarray, needs: Needs, *, sample_rate: int
) -> Iterator[dict[str, np.ndarray]]:
    """Compute the inputs of the graph for each piece of a clip.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude; full scale is 1.
    needs : Needs
        What the graph takes.
    sample_rate : int > 0
        Hz, of the signal.

    Yields
    ------
    dict of str to np.ndarray [dtype=float32]
        By the name of the input, with the axes that it has in the graph.

    Raises
    ------
    UserError
        If the clip has no samples, mel bands are empty, or the needs are beyond a limit.
    """
    for piece in pieces_of(signal, needs, sample_rate=sample_rate):
        yield {
            each.name: arranged(values_of(piece, each, sample_rate=needs.sample_rate), each.axes)
            for each in needs.inputs
        }


def pieces_of(signal: np.ndarray, needs: Needs, *, sample_rate: int) -> list[np.ndarray]:
    """Bring a clip to the encoder's sample rate, and cut it into pieces of its length.

    Parameters
    ----------
    signal, needs, sample_rate
        As in `inputs_of`.

    Returns
    -------
    list of np.ndarray [shape=(length,), dtype=float32]
        One after the other, the last one as late as it can be; without a length, the clip, repeated
        until it fills a frame.
    """
    signal = np.asarray(signal, dtype=np.float32)
    if sample_rate != needs.sample_rate:
        # here, since most clips have the rate already
        import soxr

        signal = soxr.resample(signal, sample_rate, needs.sample_rate, quality="HQ")
    if not len(signal):
        raise UserError("too few samples at {rate} Hz", rate=needs.sample_rate)
    length = needs.length
    if length is None:
        length = max(getattr(each, "n_fft", 1) for each in needs.inputs)
        if len(signal) >= length:
            return [signal]
    if len(signal) < length:
        return [np.resize(signal, length)]
    if len(signal) > length * MOST_PIECES:
        raise UserError(
            "more than {most} pieces of {length} samples; cut the recording into windows",
            most=MOST_PIECES,
            length=length,
        )
    starts = [*range(0, len(signal) - length, length), len(signal) - length]
    return [signal[start : start + length] for start in starts]


def values_of(piece: np.ndarray, wanted: Input, *, sample_rate: int) -> np.ndarray:
    """Compute one input of a piece, time before frequency, without axes of one.

    Parameters
    ----------
    piece : np.ndarray [shape=(n_samples,), dtype=float32]
        At the encoder's sample rate.
    wanted : Input
        What to compute.
    sample_rate : int > 0
        Hz.

    Returns
    -------
    np.ndarray [shape=(t,), (t, f) or (f,), dtype=float32]
        Scaled by its mean and std.

    Raises
    ------
    UserError
        As `inputs_of`.
    """
    if isinstance(wanted, Frames | Stft):
        widest = max(getattr(wanted, "n_mels", 0), wanted.n_fft)
        if len(piece) // wanted.hop_length * widest > MOST_VALUES:
            raise UserError(
                "{name}: too many frames of {seconds:g} s; cut the recording into windows, or take "
                "a longer hop_length",
                name=wanted.name,
                seconds=len(piece) / sample_rate,
            )
    if isinstance(wanted, Frames):
        mel = {key: getattr(wanted, key) for key in Mel.model_fields}
        values = clip_frames(piece, sample_rate=sample_rate, **mel)
    elif isinstance(wanted, Stft):
        values = _magnitudes(piece, wanted, sample_rate)
    elif isinstance(wanted, Spectrum):
        # here, since most jobs need none
        import scipy.fft

        kept = _kept(len(piece), wanted, sample_rate)
        values = np.abs(scipy.fft.rfft(piece)[kept])
    else:
        values = piece
    if wanted.mean == 0 and wanted.std == 1:
        return values.astype(np.float32, copy=False)
    return ((values - np.float32(wanted.mean)) / np.float32(wanted.std)).astype(np.float32)


def _magnitudes(piece: np.ndarray, wanted: Stft, sample_rate: int) -> np.ndarray:
    import scipy.fft

    n_fft, hop = wanted.n_fft, wanted.hop_length
    padded = np.pad(piece, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    taper = window_function("hann", win_length=n_fft, n_fft=n_fft)
    return np.abs(scipy.fft.rfft(frames * taper, axis=1)[:, _kept(n_fft, wanted, sample_rate)])


def _kept(n_fft: int, wanted: Stft | Spectrum, sample_rate: int) -> slice:
    """Return which bins of an FFT lie between the lowest and the highest frequency."""
    frequencies = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    highest = sample_rate / 2 if wanted.fmax is None else wanted.fmax
    inside = np.flatnonzero((frequencies >= wanted.fmin) & (frequencies <= highest))
    if not len(inside):
        raise UserError(
            "{name}: no frequency of an FFT of {n_fft} samples lies between {low:g} and {high:g} "
            "Hz",
            name=wanted.name,
            n_fft=n_fft,
            low=wanted.fmin,
            high=highest,
        )
    return slice(inside[0], inside[-1] + 1)


def arranged(values: np.ndarray, axes: str) -> np.ndarray:
    """Bring values, time before frequency, into the axes of the graph's input.

    Parameters
    ----------
    values : np.ndarray [shape=(t,), (t, f) or (f,)]
        From `values_of`.
    axes : str
        A letter an axis.

    Returns
    -------
    np.ndarray
        A size of 1 along b and c.
    """
    own = [letter for letter in axes if letter in "tf"]
    if own == ["f", "t"]:
        values = values.T
    sizes = iter(values.shape)
    shape = [next(sizes) if letter in "tf" else 1 for letter in axes]
    return np.ascontiguousarray(values.reshape(shape))
