"""Samples of the clips of a mel cache once more, for what works on samples.

Rows of the cache come in; the samples of each clip or window go out, in the same order.
"""

import itertools
import pathlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from pygoodvibes.audio.read import read_audio
from pygoodvibes.audio.stream import windows_of


def signals_of(
    clips: Iterable[Mapping],
    folder: pathlib.Path,
    *,
    audio_settings: Mapping,
    cut: Mapping[str, float] | None = None,
) -> Iterator[np.ndarray]:
    """Read the samples of clips.

    Parameters
    ----------
    clips : iterable of mapping
        Rows of a mel cache, in its order: their `path`, `clip` and `sample_rate` count.
    folder : pathlib.Path
        Folder that their paths are relative to.
    audio_settings : mapping
        The `audio` section of the config.
    cut : mapping of str to float, optional
        window and hop, s, if the rows are windows of recordings.

    Yields
    ------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude; full scale is 1.

    Raises
    ------
    UserError
        If a file can't be read any more.
    """
    if cut is None:
        for row in clips:
            yield read_audio(folder / row["path"], **audio_settings)
        return
    for _, rows in itertools.groupby(clips, key=lambda row: row["path"]):
        windows = list(rows)
        recording = {**windows[0], "clip": windows[0]["clip"].rpartition("@")[0]}
        wanted = {row["clip"] for row in windows}
        # a window without sound, say, has no row
        for row, signal in windows_of(recording, folder, audio_settings=audio_settings, **cut):
            if row["clip"] in wanted:
                yield signal
