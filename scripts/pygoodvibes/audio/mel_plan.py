"""What the power in mel bands is computed with: one order of operations, and its tables.

Comes in: a window and a filter bank. Goes out: a `Plan`, which `mel_steps` follows with NumPy and
`mel_kernel` as compiled code. Both do the same operations on float32 in the same order, so both
give the same bytes, on every processor.

A frame of `n_fft` real samples is taken as `n_fft / 2` complex ones. Their FFT goes from the whole
to its parts (decimation in frequency), four parts at a time, and two in the first pass if need be;
the spectrum of the real frame is split from it; the squares are summed into bands, bin after bin.

References
----------
Van Loan (1992), Computational frameworks for the fast Fourier transform (radix-4 passes; section
4.3 for a real signal as a complex one of half the length).
"""

import dataclasses
import functools

import numpy as np

SMALLEST, LARGEST = 16, 2**16
"""Of `n_fft`."""

GROUP = 8
"""Frames, and bands, that compiled code handles at a time: numbers of one AVX2 register."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """Tables for frames of one size, one window and one filter bank; all arrays are read-only.

    Attributes
    ----------
    n_fft : int
        Samples of a frame.
    n_mels : int
        Bands.
    taper : np.ndarray [shape=(n_fft,), dtype=float32]
        Half the window: the split adds two values where their mean is meant.
    twiddles : np.ndarray [dtype=float32]
        Of pass after pass, part after part: real and imaginary part of the factors of the second
        part and of those after it.
    places : np.ndarray [shape=(n_fft / 2 + 1,), dtype=int32]
        Where each frequency of the complex FFT stands after the last pass; the last is the first.
    turns : np.ndarray [shape=(2 * (n_fft / 4 + 1),), dtype=float32]
        Cosine and sine by frequency, of the split.
    first : np.ndarray [shape=(n_padded,), dtype=int32]
        The first FFT bin of each band; bands are filled up to whole groups with the last one.
    starts : np.ndarray [shape=(n_padded + 1,), dtype=int32]
        Where the weights of each band start.
    weights : np.ndarray [dtype=float32]
        The weights of each band's bins, band after band.
    """

    n_fft: int
    n_mels: int
    taper: np.ndarray
    twiddles: np.ndarray
    places: np.ndarray
    turns: np.ndarray
    first: np.ndarray
    starts: np.ndarray
    weights: np.ndarray

    @functools.cached_property
    def addresses(self) -> tuple[int, ...]:
        """Return where the tables lie in memory, in the order above; to ask NumPy takes longer."""
        tables = (self.taper, self.twiddles, self.places, self.turns)
        bands = (self.first, self.starts, self.weights)
        return tuple(table.ctypes.data for table in (*tables, *bands))


def fits(n_fft: int) -> bool:
    """Return whether frames of a size can be transformed by passes of four and two."""
    return SMALLEST <= n_fft <= LARGEST and n_fft & (n_fft - 1) == 0


def passes(points: int) -> list[tuple[int, int]]:
    """Return the passes of an FFT of `points` values: the length each cuts up, and into how many.

    Raises
    ------
    ValueError
        If `points` is no power of two.
    """
    if points & (points - 1):
        raise ValueError(f"{points} is no power of two")
    found = []
    while points > 1:
        parts = 4 if points.bit_length() % 2 else 2
        found.append((points, parts))
        points //= parts
    return found


def make(window: np.ndarray, bank: np.ndarray) -> Plan:
    """Compute the tables.

    Parameters
    ----------
    window : np.ndarray [shape=(n_fft,), dtype=float32]
        As `window_function` gives it; `n_fft` fits.
    bank : np.ndarray [shape=(n_mels, 1 + n_fft / 2), dtype=float32]
        As `filter_bank` gives it: each band has a weight, and between its first and its last none
        is missing.

    Returns
    -------
    Plan
    """
    n_fft = len(window)
    points = n_fft // 2
    angles = 2 * np.pi * np.arange(points // 2 + 1) / n_fft
    used = [np.flatnonzero(band) for band in bank]
    used += [used[-1]] * (-len(used) % GROUP)
    rows = [*range(len(bank)), *[len(bank) - 1] * (len(used) - len(bank))]
    tables = {
        "taper": window / 2,
        "twiddles": np.concatenate([_twiddles(*one) for one in passes(points)]),
        "places": np.append(_places(points), 0).astype(np.int32),
        "turns": np.stack([np.cos(angles), np.sin(angles)], axis=1).ravel(),
        "first": np.array([bins[0] for bins in used], dtype=np.int32),
        "starts": np.cumsum([0, *(bins[-1] + 1 - bins[0] for bins in used)], dtype=np.int32),
        "weights": np.concatenate(
            [bank[row, bins[0] : bins[-1] + 1] for row, bins in zip(rows, used, strict=True)]
        ),
    }
    for name, table in tables.items():
        dtype = np.int32 if table.dtype == np.int32 else np.float32
        tables[name] = np.ascontiguousarray(table, dtype=dtype)
        tables[name].flags.writeable = False
    return Plan(n_fft, len(bank), **tables)


def _twiddles(length: int, parts: int) -> np.ndarray:
    """Return the factors of one pass, shape (n,): by position, then by part."""
    turns = np.outer(np.arange(length // parts), np.arange(1, parts)) / length
    return np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)], axis=-1).ravel()


def _places(points: int) -> np.ndarray:
    """Return where each frequency stands after the last pass, shape (points,)."""
    # a pass puts frequencies with the same remainder into one part; its parts are cut up alike
    frequencies = np.zeros(1, dtype=np.int64)
    for _, parts in reversed(passes(points)):
        frequencies = (np.arange(parts)[:, None] + parts * frequencies).ravel()
    return np.argsort(frequencies)
