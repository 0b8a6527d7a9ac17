"""What several commands say of a model."""

import pathlib
import sys

from pygoodvibes.cli.lines import show
from pygoodvibes.util.messages import Message, message


def note(text: str) -> Message:
    """Return what is worth knowing, and no error."""
    return message("Note: {note}", note=text)


def of_detector(name: str, text: str) -> Message:
    """Return what is said of a detector."""
    return message("{name}: {text}", name=name, text=text)


def how_sure(name: str, sure) -> Message:
    """Say how many false alarms of a detector are to be expected, or why that can't be told.

    Parameters
    ----------
    name : str
        Of the detector.
    sure : Certainty
        From `pygoodvibes.monitoring.certainty.of`.
    """
    text = of_detector(name, sure.caution or sure.interval)
    return note(text) if sure.loose else text


def written(path: pathlib.Path, size: int) -> Message:
    """Say where a model was written, and how large it is, given bytes."""
    return message("Model: {path} ({size:.1f} MB)", path=path, size=size / 1e6)


def write_held_out(path: str, fit) -> None:
    """Write the held-out scores of a fit as CSV, and say so.

    Parameters
    ----------
    path : str
        The file.
    fit : Fit or Refit
        From `pygoodvibes.monitoring.fit_folder` or `pygoodvibes.monitoring.refit`.

    Raises
    ------
    UserError
        If it can't be written.
    """
    from pygoodvibes.monitoring import held_out_scores

    held_out_scores.write(path, fit.model, fit.clips)
    show(message("Held-out scores: {path}", path=path), file=sys.stdout)
