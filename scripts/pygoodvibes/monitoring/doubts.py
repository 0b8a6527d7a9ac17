"""What speaks against learning from all recordings of a folder: names of faults, and clusters.

Comes in: manifest rows of the recordings that can be used, and what the detectors see of them. Goes
out: what is learned from each subfolder, and sentences on what had better be looked at first. A
fault that is learned is normal from then on, and no score tells it.

The rule for clusters: recordings are far apart if the widest gap between two groups of at least
`SMALLEST` is `GAP` times the middle distance from a recording to the nearest other. A gap is an
edge of the minimum spanning tree; the distance is that of embeddings, each column in units of its
standard deviation. Measured on normal recordings (48 sets of 60 clips of the generator, 20 of a
real fan and 80 of a real slider): 0 of 50 sets, and 0 of 592 draws of 12, 20 or 30 clips of them;
the largest gap was 1.67. With 50 sets the rate of false alarms lies below 6 % (95 % confidence).
Ten clips of another machine ID among sixty were found in 8 of 18 sets, faults in 1 of 14: most
faults lie no further off than normal recordings lie from each other. So this finds what is grossly
mixed, and silence is no proof.

References
----------
Gower and Ross (1969), Minimum spanning trees and single linkage cluster analysis.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.data.fault_words import fault_word
from pygoodvibes.data.manifest import usable
from pygoodvibes.util.messages import Message, message

GAP = 1.8
"""From how many middle distances on a gap is wide."""

SMALLEST = 3
"""Fewest recordings that count as a cluster; one alone is an outlier, of which detectors know."""


def by_subfolder(rows: Sequence[Mapping]) -> dict[str, tuple[int, float]]:
    """Count what is learned from each subfolder.

    Parameters
    ----------
    rows : sequence of mapping
        Manifest rows with their final status, one a recording or a window.

    Returns
    -------
    dict of str to (int, float)
        By subfolder, '' for the folder itself: recordings, and seconds in all.
    """
    recordings: dict[str, dict[str, float]] = {}
    for row in usable(rows):
        seconds = recordings.setdefault(_folder(row["path"]), {})
        seconds[row["path"]] = seconds.get(row["path"], 0.0) + float(row["seconds"])
    return {
        folder: (len(seconds), sum(seconds.values()))
        for folder, seconds in sorted(recordings.items())
    }


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def of_names(rows: Sequence[Mapping], folder: str) -> list[Message]:
    """Say which recordings have a fault in their name or in that of a folder above.

    Parameters
    ----------
    rows : sequence of mapping
        Manifest rows of training clips.
    folder : str
        Name of the folder that they lie in.

    Returns
    -------
    list of Message
        A sentence for each word.
    """
    found: dict[str, list[str]] = {}
    paths = [row["path"] for row in usable(rows)]
    for path in paths:
        words = map(fault_word, [folder, *path.split("/")])
        if word := next(filter(None, words), ""):
            found.setdefault(word, []).append(path)
    return [
        message(
            "{found} of {all} recordings have a name that speaks of a fault ('{word}'): "
            "{recordings}",
            found=len(suspects),
            all=len(paths),
            word=word,
            recordings=listed(suspects),
        )
        for word, suspects in found.items()
    ]


def of_clusters(vectors: np.ndarray, rows: Sequence[Mapping]) -> list[Message]:
    """Say which recordings lie far apart from the others.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, d)]
        Embeddings of the recordings, each column in units of its standard deviation.
    rows : sequence of mapping [length=n_clips]
        Their manifest rows.

    Returns
    -------
    list of Message
        A sentence, or nothing.
    """
    gap, apart = widest_gap(vectors)
    if gap < GAP:
        return []
    suspects = [row["path"] for row, is_apart in zip(rows, apart, strict=True) if is_apart]
    return [
        message(
            "{found} of {all} recordings lie far apart from the others, with a gap {gap:.1f} times "
            "as wide as from one recording to the next: {recordings}",
            found=len(suspects),
            all=len(rows),
            gap=gap,
            recordings=listed(suspects),
        )
    ]


def widest_gap(vectors: np.ndarray) -> tuple[float, np.ndarray]:
    """Find the widest gap between two groups of recordings.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, d)]
        As in `of_clusters`.

    Returns
    -------
    gap : float
        In units of the median distance to the nearest other recording; 0 without groups.
    apart : np.ndarray [shape=(n_clips,), dtype=bool]
        The smaller group.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    count = len(vectors)
    apart = np.zeros(count, dtype=bool)
    if count < 2 * SMALLEST:
        return 0.0, apart
    distances = pdist(np.asarray(vectors, dtype=np.float64))
    nearest = squareform(distances)
    np.fill_diagonal(nearest, np.inf)
    middle = float(np.median(nearest.min(axis=1)))
    tree = linkage(distances, "single")
    sizes = np.concatenate([np.ones(count), tree[:, 3]])
    smaller = np.minimum(sizes[tree[:, 0].astype(int)], sizes[tree[:, 1].astype(int)])
    wide = np.flatnonzero(smaller >= SMALLEST)
    if not len(wide) or middle <= 0:
        return 0.0, apart
    widest = wide[-1]  # heights rise
    joined = fcluster(tree, np.nextafter(tree[widest, 2], 0), "distance")
    labels, counts = np.unique(joined, return_counts=True)
    largest = labels[counts.argmax()]
    for label in labels[(counts >= SMALLEST) & (labels != largest)]:
        apart |= joined == label
    return float(tree[widest, 2] / middle), apart


MOST_NAMED = 3
"""Most recordings that are named one by one."""


def named(paths: Sequence[str]) -> Message | str:
    """Name recordings, the first of many."""
    unique = list(dict.fromkeys(paths))
    more = len(unique) - MOST_NAMED
    if more <= 0:
        return ", ".join(unique)
    first = ", ".join(unique[:MOST_NAMED])
    return message("{clips} and {more} more", clips=first, more=more)


def listed(paths: Sequence[str]) -> str:
    """Name some recordings; many by their folders."""
    unique = list(dict.fromkeys(paths))
    if len(unique) <= 3:
        return ", ".join(unique)
    folders = sorted({_folder(path) for path in unique})
    if len(folders) <= 3 and "" not in folders:
        return ", ".join(f"{folder}/" for folder in folders)
    return f"{unique[0]}, {unique[1]}, ... {unique[-1]}"
