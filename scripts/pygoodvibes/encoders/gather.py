"""From mel caches and samples to the clips that an encoder learns from."""

import pathlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.mel_cache import ClipFrames, MelCache
from pygoodvibes.embeddings.encoder_inputs import pieces_of, values_of
from pygoodvibes.embeddings.encoder_needs import Frames, Needs, Spectrum
from pygoodvibes.encoders.clips import Clips
from pygoodvibes.util.errors import UserError


def training_rows(cache: MelCache) -> list[dict]:
    """Return the rows of a cache that an encoder may learn from: normal training clips."""
    return [row for row in cache.clips if row["split"] == "train" and row["label"] != "anomaly"]


def gather(
    caches: Mapping[tuple[str, str], MelCache],
    needs: Needs,
    *,
    signals: Iterable[np.ndarray] = (),
    attributes: Mapping[tuple[str, str], Mapping[str, str]] | None = None,
    sample_rate: int,
    folder: pathlib.Path,
) -> Clips:
    """Bring together the normal training clips of all machine IDs.

    Parameters
    ----------
    caches : mapping of (machine, id) to MelCache
        Log-mel frames of their clips.
    needs : Needs
        Of the encoder; its frames are those of the caches.
    signals : iterable of np.ndarray [shape=(n_samples,)], optional
        Samples of the clips of `training_rows` of one cache after the other; only an encoder that
        sees spectra needs them, and takes them.
    attributes : mapping of (machine, id) to mapping of str to str, optional
        Attributes of training clips, by the name of the clip.
    sample_rate : int > 0
        Hz, of the signals.
    folder : pathlib.Path
        Where the file of spectra goes; it may be removed when the training is done.

    Returns
    -------
    Clips
        Frames and spectra stay on disk and are read when asked for. The frames of a clip in
        training are as many as most clips have, but no more than a piece of it.

    Raises
    ------
    UserError
        If there is no clip, or one without samples.
    """
    frames: list[np.ndarray] = []
    names: list[tuple[str, str, str]] = []
    told: list[str] = []
    for (machine, machine_id), cache in caches.items():
        rows = training_rows(cache)
        number = {id(row): place for place, row in enumerate(cache.clips)}
        frames += list(ClipFrames(cache, np.array([number[id(row)] for row in rows], dtype=int)))
        names += [(machine, machine_id, row["clip"]) for row in rows]
        known = (attributes or {}).get((machine, machine_id), {})
        told += [known.get(row["clip"], "") for row in rows]
    if not names:
        raise UserError("no normal training clip can be used: see the manifests for the reasons")
    lengths, counts = np.unique([len(each) for each in frames], return_counts=True)
    n_frames = int(lengths[counts == counts.max()].max())
    if needs.length is not None:
        n_frames = min(n_frames, _frames_of_piece(needs))
    [machine, machine_id, clip] = np.array(names, dtype=str).T
    spectra = None
    [wanted] = [each for each in needs.inputs if isinstance(each, Spectrum)] or [None]
    if wanted is not None:
        found = _spectra(signals, wanted, needs, sample_rate)
        spectra = RowsOnDisk(folder / "spectra.f4", found)
        if spectra.shape[0] != len(frames):
            raise UserError(
                "the encoder sees spectra, and there are no samples to compute them from"
            )
    return Clips(frames, machine, machine_id, clip, n_frames, spectra, np.array(told, dtype=str))


def _frames_of_piece(needs: Needs) -> int:
    [mel] = [each for each in needs.inputs if isinstance(each, Frames)]
    silence = np.zeros(needs.length, np.float32)
    settings = mel.model_dump(exclude={"name", "kind", "axes", "mean", "std"})
    return len(clip_frames(silence, sample_rate=needs.sample_rate, **settings))


def _spectra(
    signals: Iterable[np.ndarray], wanted: Spectrum, needs: Needs, sample_rate: int
) -> Iterator[np.ndarray]:
    """Compute the spectrum of the first piece of each clip."""
    for signal in signals:
        piece = pieces_of(signal, needs, sample_rate=sample_rate)[0]
        yield values_of(piece, wanted, sample_rate=needs.sample_rate)


class RowsOnDisk:
    """Rows of float32 in a file, read when asked for.

    A map of the file would do the same, and every row that was ever read would count as memory of
    the process.

    Parameters
    ----------
    path : pathlib.Path
        The file, which is written.
    rows : iterable of np.ndarray [shape=(width,)]
        What it is to hold.

    Attributes
    ----------
    shape : (int, int)
        Rows, and the values of each.
    """

    def __init__(self, path: pathlib.Path, rows: Iterable[np.ndarray]):
        count = width = 0
        with path.open("wb") as file:
            for row in rows:
                file.write(np.asarray(row, dtype=np.float32).data)
                count, width = count + 1, len(row)
        self.shape = count, width
        self._file = path.open("rb")

    def __getitem__(self, index: int | np.ndarray) -> np.ndarray:
        """Return a row, shape (width,), or those of some numbers, shape (n, width)."""
        width = self.shape[1]
        numbers = np.atleast_1d(index)
        found = np.empty((len(numbers), width), np.float32)
        for place, number in enumerate(numbers.tolist()):
            self._file.seek(4 * width * number)
            self._file.readinto(found[place].data)
        return found[0] if np.ndim(index) == 0 else found
