"""Where a data set comes from: each source is one module with a function `fetch`."""

import importlib
import os

from pygoodvibes.util.errors import UserError

SOURCES = ("zenodo", "kaggle")
"""Sources that are downloaded."""


def fetch_dataset(source: str, folder: str | os.PathLike, **settings) -> None:
    """Download a data set into a folder, in the DCASE layout.

    Parameters
    ----------
    source : {'zenodo', 'kaggle'}
        Where from.
    folder : path
        Becomes `<folder>/<machine>/{train,test}/*.wav`.
    **settings
        Keywords of the source's own `fetch`: `machines`, and for instance `parts`.

    Raises
    ------
    UserError
        Unknown source, or whatever goes wrong on the way; running again goes on from there.
    """
    if source not in SOURCES:
        raise UserError(f"can't download from {source!r}; the sources are {', '.join(SOURCES)}")
    # Only the one that is needed: the client of Kaggle is slow to import.
    importlib.import_module(f"{__package__}.{source}").fetch(folder, **settings)
