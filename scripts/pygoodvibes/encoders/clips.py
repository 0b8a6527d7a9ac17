"""The clips that an encoder learns from: frames and spectra come in, those of a batch go out."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from pygoodvibes.encoders.networks import SPECTRUM_OFFSET, Scales

_LEAST_SCALE = 1e-3
"""dB; below, a mel band does not change."""


@dataclasses.dataclass(frozen=True)
class Clips:
    """Normal training clips of some machine IDs.

    Attributes
    ----------
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel frames of each clip, dB; read when asked for.
    machine, machine_id, clip : np.ndarray [shape=(n_clips,), dtype=str]
        Machine type, machine ID and name of each clip.
    n_frames : int > 0
        Frames of a clip in training.
    spectra : np.ndarray or RowsOnDisk [shape=(n_clips, n_bins)], optional
        Magnitudes of the spectra of the clips, which may lie on disk.
    attributes : np.ndarray [shape=(n_clips,), dtype=str], optional
        What else is told of each clip, '' if nothing is.
    """

    frames: Sequence[np.ndarray]
    machine: np.ndarray
    machine_id: np.ndarray
    clip: np.ndarray
    n_frames: int
    spectra: np.ndarray | None = None
    attributes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.clip)

    @property
    def types(self) -> np.ndarray:
        """Number the machine type of each clip, from 0, shape (n_clips,), int."""
        return np.unique(self.machine, return_inverse=True)[1]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Return the machine type and machine ID of each number of `ids`."""
        return sorted(set(zip(self.machine.tolist(), self.machine_id.tolist(), strict=True)))

    @property
    def ids(self) -> np.ndarray:
        """Number the machine ID of each clip, from 0 in the order of `keys`, shape (n_clips,)."""
        number = {key: place for place, key in enumerate(self.keys)}
        pairs = zip(self.machine.tolist(), self.machine_id.tolist(), strict=True)
        return np.array([number[pair] for pair in pairs], dtype=np.int32)

    def windows(self, index: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Return frames of clips, cut or repeated to one length.

        Parameters
        ----------
        index : np.ndarray [shape=(n,), dtype=int]
            Numbers of the clips.
        rng : np.random.Generator, optional
            Draws where in a longer clip the frames begin (default: at its beginning).

        Returns
        -------
        np.ndarray [shape=(n, n_frames, n_mels), dtype=float32]
        """
        rows = []
        for number in index:
            frames = self.frames[number]
            spare = len(frames) - self.n_frames
            begin = int(rng.integers(spare + 1)) if rng is not None and spare > 0 else 0
            rows.append(frames[np.arange(begin, begin + self.n_frames) % len(frames)])
        return np.stack(rows).astype(np.float32, copy=False)

    def scales(self, index: np.ndarray) -> Scales:
        """Measure mean and standard deviation of the inputs of some clips."""
        total = square = count = 0.0
        log_sums = np.zeros(3)
        for number in index:
            frames = np.asarray(self.frames[number], dtype=np.float64)
            total, square = total + frames.sum(0), square + (frames**2).sum(0)
            count += len(frames)
            if self.spectra is not None:
                logs = np.log(self.spectra[number].astype(np.float64) + SPECTRUM_OFFSET)
                log_sums += len(logs), logs.sum(), (logs**2).sum()
        mean = total / count
        scale = np.sqrt(np.maximum(square / count - mean**2, _LEAST_SCALE**2))
        spectrum = {}
        if self.spectra is not None:
            log_mean = log_sums[1] / log_sums[0]
            variance = log_sums[2] / log_sums[0] - log_mean**2
            spectrum["spectrum_mean"] = float(log_mean)
            spectrum["spectrum_scale"] = float(np.sqrt(max(variance, _LEAST_SCALE**2)))
        return Scales(tuple(mean.tolist()), tuple(scale.tolist()), **spectrum)
