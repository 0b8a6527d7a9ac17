"""Looking through the clips of a run: how many there are, which fit a search, how one sounds."""

import io
import itertools
import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pygoodvibes.figures.inputs import read_table
from pygoodvibes.util.errors import UserError

SHOWN = ("machine", "id", "split", "label", "clip", "path", "seconds", "status")
"""Columns of the manifest that a search shows."""


def read_manifest(path: str | pathlib.Path) -> pd.DataFrame:
    """Read what of a manifest is shown; texts of few values are categories, to be light.

    The column domain is there only if a clip has one.
    """
    table = read_table(path)
    known = "domain" in table.columns and (table["domain"] != "").any()
    table = table[[*SHOWN, *(["domain"] if known else [])]]
    few = ["machine", "id", "split", "label", "status"]
    return table.astype(dict.fromkeys(few, "category"))


def levels(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Count clips at each level of a tree, as a sunburst draws it.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a clip, with the columns `by`.
    by : sequence of str
        Columns, from the centre outwards.

    Returns
    -------
    pandas.DataFrame
        A row a node: node (its values joined by '/'), parent ('' at the centre), level (from 0),
        value (of the last column), clips; nodes in the order of their values.
    """
    parts = []
    for number in range(1, len(by) + 1):
        sizes = table.groupby(list(by[:number]), observed=True, sort=True).size()
        paths = [key if isinstance(key, tuple) else (key,) for key in sizes.index]
        parts.append(
            pd.DataFrame(
                {
                    "node": ["/".join(path) for path in paths],
                    "parent": ["/".join(path[:-1]) for path in paths],
                    "level": number - 1,
                    "value": [path[-1] for path in paths],
                    "clips": sizes.to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def search(table: pd.DataFrame, text: str = "", **wanted: str) -> pd.DataFrame:
    """Find clips.

    Parameters
    ----------
    table : pandas.DataFrame
        From `read_manifest`.
    text : str
        Words that must all occur in a clip's path, name, machine type, ID, set, label or status,
        in any order and case.
    **wanted : str
        Values that columns must have; '' for any.

    Returns
    -------
    pandas.DataFrame
        Rows of `table`, in its order.
    """
    keep = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        if value:
            keep &= (table[column] == value).to_numpy()
    for word in text.lower().split():
        has_word = np.zeros(len(table), dtype=bool)
        for column in ("machine", "id", "split", "label", "status"):
            # few values: look at them, not at every row
            values = table[column].astype("category")
            hits = values.cat.categories.astype(str).str.lower().str.contains(word, regex=False)
            has_word |= np.append(hits, False)[values.cat.codes]
        for column in ("path", "clip"):
            has_word |= table[column].str.lower().str.contains(word, regex=False).to_numpy()
        keep &= has_word
    return table[keep]


def left_out(table: pd.DataFrame) -> pd.DataFrame:
    """Count the clips that are left out: machine, id, status (the reason), clips."""
    rows = table[table["status"] != "ok"]
    keys = ["machine", "id", "status"]
    return rows.groupby(keys, observed=True, sort=True).size().rename("clips").reset_index()


def notes(metrics: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the notes on each machine ID, one a row: what went wrong, and what was chosen.

    Parameters
    ----------
    metrics : pandas.DataFrame
        metrics.csv.

    Returns
    -------
    faults, choices : pandas.DataFrame
        machine, id, detector, note. A choice is made without labels, and is no fault.
    """
    rows = metrics.loc[metrics["note"] != "", ["machine", "id", "detector", "note"]]
    rows = rows.assign(note=rows["note"].str.split("; ")).explode("note", ignore_index=True)
    chosen = rows["note"].str.startswith("chosen: ")
    return rows[~chosen], rows[chosen]


def playable(path: pathlib.Path, audio: Mapping) -> bytes:
    """Return what a browser can play of a clip: the channel that the detectors hear, as `wav`.

    Parameters
    ----------
    path : pathlib.Path
        WAV, FLAC, or another format that libsndfile reads.
    audio : mapping
        The `audio` section of the config: sample_rate (Hz), resample, channel.

    Raises
    ------
    UserError
        If the clip can't be read.
    """
    from pygoodvibes.audio.read import read_audio

    return wav(read_audio(path, **audio), audio["sample_rate"])


def wav(signal: np.ndarray, sample_rate: int) -> bytes:
    """Return a WAV file of 16 bits, as loud as the signal: two clips can be compared by ear.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude; full scale is 1, and what lies beyond is cut.
    sample_rate : int > 0
        Hz.
    """
    import soundfile

    buffer = io.BytesIO()
    kept = np.clip(signal, -1.0, 1.0)
    soundfile.write(buffer, kept, sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def envelope(signal: np.ndarray, *, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest sample of each of at most `steps` stretches of a signal.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude.
    steps : int > 0
        Stretches of equal length; the last may be shorter.

    Returns
    -------
    tuple of np.ndarray [shape=(n,)]
        Lowest and highest amplitude, n <= steps.
    """
    starts = np.arange(0, len(signal), max(1, -(-len(signal) // steps)))
    return np.minimum.reduceat(signal, starts), np.maximum.reduceat(signal, starts)


def profiles(columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Sort the columns of an embedding that run over mel bands by what they measure.

    Parameters
    ----------
    columns : sequence of str
        Names such as 'mean_000' ... 'mean_127', 'gwrp0.9_000' ...

    Returns
    -------
    dict of str to np.ndarray of int
        By measure ('mean', 'gwrp0.9') the places of its columns, from the lowest band to the
        highest. Columns named otherwise are not in it.
    """
    groups: dict[str, list[tuple[int, int]]] = {}
    for place, name in enumerate(columns):
        if match := re.fullmatch(r"(.+)_(\d{2,})", name):
            groups.setdefault(match[1], []).append((int(match[2]), place))
    return {
        measure: np.array([place for _, place in sorted(bands)])
        for measure, bands in groups.items()
        if len(bands) > 1
    }


def scores_of(path: str | pathlib.Path, detector: str | None = None) -> pd.DataFrame:
    """Read the scores of a machine ID: detector, clip, split, label, score (NaN for none).

    Parameters
    ----------
    path : path
        resources/<data set>/evaluation/<machine>/<id>.scores.csv, or scores.csv of all.
    detector : str, optional
        Only its rows.

    Raises
    ------
    UserError
        If the file is no table of scores.
    """
    table = read_table(path)
    if missing := {"detector", "clip", "split", "label", "score"} - set(table.columns):
        raise UserError(
            "{path}: no table of scores, it lacks {missing}",
            path=path,
            missing=", ".join(sorted(missing)),
        )
    return table if detector is None else table[table["detector"] == detector]


def first_table(markdown: str) -> pd.DataFrame:
    """Return the first table of a Markdown text, as `Table.markdown` writes it.

    Parameters
    ----------
    markdown : str
        Text; bold marks in cells are dropped.

    Returns
    -------
    pandas.DataFrame
        Cells as text; without columns if there is no table.
    """
    lines = markdown.splitlines()
    start = next((place for place, line in enumerate(lines) if line.startswith("|")), len(lines))
    rows = []
    for line in itertools.takewhile(lambda line: line.startswith("|"), lines[start:]):
        cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
        rows.append([cell.strip().replace("\\|", "|").replace("**", "") for cell in cells])
    return pd.DataFrame(rows[2:], columns=rows[0]) if rows else pd.DataFrame()
