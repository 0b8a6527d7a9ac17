"""The power in mel bands by NumPy: what `mel_kernel` computes, to the same bytes, without it."""

import numpy as np

from pygoodvibes.audio.mel_plan import Plan, passes

BLOCK_FRAMES = 160
"""Frames handled at a time, so that they stay in the processor's cache."""


def band_power(signal: np.ndarray, hop_length: int, plan: Plan) -> np.ndarray:
    """Compute the power in mel bands of the frames of a signal.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude; at least one frame.
    hop_length : int > 0
        Samples from frame to frame.
    plan : Plan
        From `mel_plan.make`.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        Weighted sums of squared magnitudes.
    """
    n_frames = 1 + (len(signal) - plan.n_fft) // hop_length
    frames = np.lib.stride_tricks.sliding_window_view(signal, plan.n_fft)[::hop_length]
    power = np.empty((n_frames, plan.n_mels), dtype=np.float32)
    for start in range(0, n_frames, BLOCK_FRAMES):
        block = slice(start, start + BLOCK_FRAMES)
        # frames side by side, as in compiled code: each operation is one on whole rows
        samples = np.ascontiguousarray((frames[block] * plan.taper).T)
        power[block] = _bands(_squares(*_transform(samples[::2], samples[1::2], plan), plan), plan)
    return power


def _transform(re: np.ndarray, im: np.ndarray, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Transform complex values, each part of shape (n_fft / 2, n_frames), along the first axis."""
    offset = 0
    for length, parts in passes(len(re)):
        step = length // parts
        shape = (-1, parts, step, re.shape[1])
        a, b = re.reshape(shape), im.reshape(shape)
        if parts == 2:
            pairs = [
                (a[:, 0] + a[:, 1], b[:, 0] + b[:, 1]),
                (a[:, 0] - a[:, 1], b[:, 0] - b[:, 1]),
            ]
        else:
            even = a[:, 0] + a[:, 2], b[:, 0] + b[:, 2]
            odd = a[:, 1] + a[:, 3], b[:, 1] + b[:, 3]
            even_rest = a[:, 0] - a[:, 2], b[:, 0] - b[:, 2]
            odd_rest = a[:, 1] - a[:, 3], b[:, 1] - b[:, 3]
            pairs = [
                (even[0] + odd[0], even[1] + odd[1]),
                (even_rest[0] + odd_rest[1], even_rest[1] - odd_rest[0]),
                (even[0] - odd[0], even[1] - odd[1]),
                (even_rest[0] - odd_rest[1], even_rest[1] + odd_rest[0]),
            ]
        count = 2 * step * (parts - 1)
        factors = plan.twiddles[offset : offset + count].reshape(step, parts - 1, 2)
        offset += count
        for part in range(1, parts):
            c, s = factors[:, part - 1, 0, None], factors[:, part - 1, 1, None]
            x, y = pairs[part]
            pairs[part] = x * c - y * s, x * s + y * c
        re, im = (
            np.stack([pair[which] for pair in pairs], axis=1).reshape(re.shape) for which in (0, 1)
        )
    return re, im


def _squares(re: np.ndarray, im: np.ndarray, plan: Plan) -> np.ndarray:
    """Split the spectrum of real frames from the complex one; square it: (1 + n_fft / 2, n)."""
    points = len(re)
    squares = np.empty((points + 1, re.shape[1]), dtype=np.float32)
    both = np.float32(2) * (re[0] + im[0]), np.float32(2) * (re[0] - im[0])
    squares[0], squares[points] = both[0] * both[0], both[1] * both[1]
    low, high = plan.places[1 : points // 2 + 1], plan.places[points - 1 : points // 2 - 1 : -1]
    a, b, c, d = re[low], im[low], re[high], im[high]
    cosine, sine = plan.turns[2::2, None], plan.turns[3::2, None]
    even, odd = (a + c, b - d), (b + d, c - a)
    turned = cosine * odd[0] + sine * odd[1], cosine * odd[1] - sine * odd[0]
    re, im = even[0] + turned[0], even[1] + turned[1]
    squares[1 : points // 2 + 1] = re * re + im * im
    re, im = even[0] - turned[0], even[1] - turned[1]
    squares[points - 1 : points // 2 - 1 : -1] = re * re + im * im
    return squares


def _bands(squares: np.ndarray, plan: Plan) -> np.ndarray:
    """Sum the squares of each band, bin after bin: (n, n_mels)."""
    first, starts = plan.first[: plan.n_mels], plan.starts[: plan.n_mels + 1]
    counts = np.diff(starts)
    power = np.zeros((plan.n_mels, squares.shape[1]), dtype=np.float32)
    for number in range(counts.max()):
        bands = np.flatnonzero(counts > number)
        power[bands] += plan.weights[starts[bands] + number, None] * squares[first[bands] + number]
    return power.T
