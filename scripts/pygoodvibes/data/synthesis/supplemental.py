"""Supplemental recordings of a synthetic section, as in DCASE 2025: the machine alone, or the hall.

Comes in: machine type, section, which of both, and how many. Goes out: what each recording is to
be, and its samples. The machine is healthy and works in the source domain, as in most training
clips; it is as loud as it is in a clip, and so is the hall.

``supplemental/section_00_machine_0001_.wav``
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.data.synthesis.generate import check_count, random_stream, synthesize_clip, unit_of
from pygoodvibes.data.synthesis.working_point import WorkingPoint, points_of
from pygoodvibes.util.errors import UserError

FOLDER = "supplemental"

KINDS = {"clean": "machine", "noise": "noise"}
"""Kind of a recording -> word in its name. The organisers' name of a recording of noise was not
found: the word 'noise' is ours."""

_HEARD = {"clean": "machine", "noise": "background"}


def plan_supplemental(
    machine: str, section: str, *, kind: str | None, clips: int, seed: int
) -> list[dict]:
    """Return what each supplemental recording of one section is to be.

    Parameters
    ----------
    machine : str
        Machine type of the generator.
    section : str
        Number of one of its units, e.g. '00'.
    kind : {'clean', 'noise'} or None
        The machine without the hall, or the hall without the machine; None: no recordings.
    clips : int >= 0
        Number of recordings.
    seed : int >= 0
        Seed of the data set.

    Returns
    -------
    list of dict
        One a recording: `clip` (file name), `split` (the folder), `kind`, and `point`, its
        `WorkingPoint` in the source domain.

    Raises
    ------
    UserError
        Unknown machine, section or kind, or a negative number.
    """
    unit_of(machine, section)
    check_count("supplemental_clips", clips)
    if kind is None:
        return []
    if kind not in KINDS:
        raise UserError(
            "the supplemental recordings are {kind!r}; use {kinds}",
            kind=kind,
            kinds=", ".join(KINDS),
        )
    # the strength of the shift moves the target domain only
    points: Sequence[WorkingPoint] = points_of(
        random_stream(seed, machine, section, "domains"), "none"
    )["source"]
    rows = []
    for number in range(1, clips + 1):
        name = f"section_{section}_{KINDS[kind]}_{number:04d}_.wav"
        draw = random_stream(seed, machine, section, f"working point/{FOLDER}/{name}")
        point = points[draw.integers(len(points))]
        rows.append({"clip": name, "split": FOLDER, "kind": kind, "point": point})
    return rows


def supplemental_clip(machine: str, section: str, row: Mapping, **settings: float) -> np.ndarray:
    """Return the samples of a row of `plan_supplemental`, shape (n,), or (n, 2) of two channels.

    `settings` are seconds, sample_rate, snr_db, seed and channels of
    `pygoodvibes.data.synthesis.generate.synthesize_clip`.
    """
    return synthesize_clip(
        machine,
        section,
        clip=row["clip"],
        split=row["split"],
        point=row["point"],
        heard=_HEARD[row["kind"]],
        **settings,
    )
