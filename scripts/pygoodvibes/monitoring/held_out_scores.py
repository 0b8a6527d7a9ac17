"""Held-out scores of training clips, each with its name: which clips set a threshold, and a table.

Comes in: a model, and the manifest rows of the clips that it was fitted to. Goes out: a sentence if
few clips alone set its threshold, and the scores as CSV.

The rule: scores are far above the rest if the gap below them is `GAP` times as wide as from the
lowest to the highest score of the rest. Of 12 clips one is then named in 0.2 % of all draws from a
normal distribution and in 11 % from an exponential one, of 20 clips in none and in 0.9 % (2,000
draws each, at a false-alarm rate of 0.1).
"""

import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.detection.certainty import FEWEST
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.doubts import named
from pygoodvibes.monitoring.judge import Judge, judge
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

COLUMNS = ("clip", "start", "detector", "score", "threshold", "above")
"""Columns of the CSV file."""

GAP = 1.5
"""From how many widths of all other scores on a gap is wide."""

MOST = 0.25
"""Largest share of the scores that may lie far above the rest; more are no exception."""


def far_above(model: MachineModel, judging: Judge, rows: Sequence[Mapping]) -> Message | str:
    """Say which training clips alone set a threshold, '' if none do.

    Parameters
    ----------
    model : MachineModel
        The model.
    judging : Judge
        From `pygoodvibes.monitoring.judge.judge` for this model.
    rows : sequence of mapping [length=n_train]
        Manifest rows of its training clips, in the order of its held-out scores.
    """
    scores = model.held_out[judging.detector]
    known = np.flatnonzero(np.isfinite(scores))
    order = known[np.argsort(scores[known], kind="stable")]
    rising = scores[order]
    if len(rising) < FEWEST:
        return ""
    for top in range(1, int(MOST * len(rising)) + 1):
        highest_of_rest = rising[-top - 1]
        gap, width = rising[-top] - highest_of_rest, highest_of_rest - rising[0]
        if judging.threshold > highest_of_rest and gap > GAP * width > 0:
            return message(
                "the threshold comes from {clips}: a held-out score of {score:.4g}, and "
                "{others:.4g} at most for all others. Listen to it first; what is no normal sound "
                "is left out with --exclude",
                clips=named([rows[number]["path"] for number in order[: -top - 1 : -1]]),
                score=rising[-1],
                others=highest_of_rest,
            )
    return ""


def table(model: MachineModel, rows: Sequence[Mapping]) -> list[dict[str, object]]:
    """Return the held-out scores of all detectors, a record a training clip and detector.

    Parameters
    ----------
    model : MachineModel
        The model.
    rows : sequence of mapping [length=n_train]
        As in `far_above`.

    Returns
    -------
    list of dict
        With `COLUMNS`, the highest scores of a detector first; clips without a score come last.
        Start of a window, s; '' for a whole recording, and for what there is not.
    """
    records = []
    for name in model.estimators:
        scores = model.held_out[name]
        limit = judge(model, detector=name).threshold if np.isfinite(scores).any() else None
        for number in np.argsort(-scores, kind="stable"):
            row, score = rows[number], float(scores[number])
            has_score = bool(np.isfinite(score))
            offset = row.get("offset", "")
            records.append(
                {
                    "clip": row["path"],
                    "start": "" if offset == "" else repr(offset / model.sample_rate),
                    "detector": name,
                    "score": repr(score) if has_score else "",
                    "threshold": "" if limit is None else repr(limit),
                    "above": int(score > limit) if has_score else "",
                }
            )
    return records


def write(path: str | pathlib.Path, model: MachineModel, rows: Sequence[Mapping]) -> None:
    """Write the table as CSV: a whole file or none.

    Parameters
    ----------
    path : path
        The file.
    model, rows
        As in `table`.

    Raises
    ------
    UserError
        If it can't be written.
    """
    try:
        write_records(path, table(model, rows), COLUMNS)
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise UserError("{path}: can't be written ({reason})", path=path, reason=reason) from None
