"""Vectors of the supplemental recordings of a machine ID, made exactly as those of its clips.

Comes in: the manifest rows of a machine ID and the settings of frames and embedding. Goes out: a
file of vectors with the kind of each recording, beside it a table like that of a mel cache, which
says of every recording whether it could be used; and back, the vectors by kind.
"""

import pathlib
import tempfile
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.data.supplemental import is_found, kind_of
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.embed import embed_clips, open_encoder
from pygoodvibes.util.errors import UserError

SPLIT = "supplemental"
"""Stands in the place of a split; such recordings are in none."""

KINDS = ("clean", "noise")
"""Kinds that detectors see."""


def to_embed(rows: Iterable[Mapping]) -> list[Mapping]:
    """Return the rows of the manifest whose recordings are to be embedded: those of `KINDS`."""
    return [row for row in rows if is_found(row) and kind_of(row["path"]) in KINDS]


def embed_supplemental(
    rows: Iterable[Mapping],
    folder: pathlib.Path,
    *,
    audio: Mapping,
    mel: Mapping,
    embedding: Mapping,
    vectors_path: str | pathlib.Path,
    clips_path: str | pathlib.Path,
    trained_encoder: str | pathlib.Path | None = None,
    progress: Callable | None = None,
) -> None:
    """Embed the supplemental recordings of a machine ID.

    Parameters
    ----------
    rows : iterable of mapping
        Manifest rows of the machine ID; of other clips too, which are passed over.
    folder : pathlib.Path
        Folder that their paths are relative to.
    audio, mel, embedding : mapping
        Sections of the config.
    vectors_path : path
        Gets the vectors, (n_recordings, d), and the array `kind`, shape (n_recordings,), 'clean' or
        'noise'.
    clips_path : path
        Gets a row a recording, with the columns of `pygoodvibes.audio.mel_cache.COLUMNS`; one that
        can't be used has its reason as `status`, and no vector.
    trained_encoder : path, optional
        The encoder that the workflow has trained, if the embedding runs one.
    progress : callable, optional
        Wraps the iteration over the recordings.

    Raises
    ------
    UserError
        If the encoder gives no vector.
    """
    asked = [{**row, "split": SPLIT, "status": "ok"} for row in to_embed(rows)]
    turns = progress(asked, total=len(asked)) if progress else asked
    # frames are needed for a moment only
    with tempfile.TemporaryDirectory() as place:
        array_path = pathlib.Path(place, "frames.npy")
        frames = mel_cache.compute(turns, folder, audio_settings=audio, mel_settings=mel)
        mel_cache.write(array_path, clips_path, frames)
        cache = mel_cache.open_cache(array_path, clips_path)
        embedded = embed_clips(
            cache,
            embedding,
            signals=signals_of(cache.clips, folder, audio_settings=audio),
            sample_rate=audio["sample_rate"],
            encoder=open_encoder(embedding, trained_encoder),
        )
        kinds = np.array([kind_of(clip["path"]) for clip in cache.clips], dtype=str)
        # on some systems a file that is mapped can't be deleted
        del cache
    vectors.save(vectors_path, embedded, kind=kinds)


def load(path: str | pathlib.Path) -> dict[str, np.ndarray]:
    """Read the vectors of supplemental recordings.

    Returns
    -------
    dict of str to np.ndarray [shape=(n, d), dtype=float32]
        By kind, 'clean' or 'noise'; only kinds with a recording.

    Raises
    ------
    UserError
        As in `pygoodvibes.embeddings.vectors.load`, or if it doesn't tell the kinds.
    """
    embedded, arrays = vectors.load(path)
    if "kind" not in arrays:
        raise UserError("{path}: lacks the array(s) {missing}", path=path, missing="kind")
    chosen = {kind: arrays["kind"] == kind for kind in KINDS}
    return {kind: embedded.values[mask] for kind, mask in chosen.items() if mask.any()}
