"""What a folder of recordings holds, before anything is learned from it.

A folder comes in. Out go its recordings, each with the reason if it can't be used, and what their
names say against learning from them; whether they fall into clusters, only a fit can tell.
"""

import dataclasses
import os
import pathlib
from collections.abc import Mapping

from pygoodvibes.data import recordings
from pygoodvibes.monitoring import doubts
from pygoodvibes.util.messages import Message


@dataclasses.dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes
    ----------
    rows : list of mapping
        A manifest row a recording; its status is 'ok' or the reason to leave it out.
    sample_rate : int
        That of most recordings, Hz.
    doubts : list of Message
        Names that speak of faults.
    """

    rows: list[Mapping]
    sample_rate: int
    doubts: list[Message]


def survey(folder: str | os.PathLike, *, machine: str | None = None, threads: int = 1) -> Survey:
    """Look through a folder as `pygoodvibes.monitoring.fit_folder.fit_folder` will.

    Parameters
    ----------
    folder : path
        Recordings of one machine.
    machine : str, optional
        Its name (default: from the folders).
    threads : int > 0
        Files that are opened at a time.

    Raises
    ------
    UserError
        If there is no recording that can be used, or there are several machine IDs.
    """
    clips = recordings.list_recordings(folder, machine=machine)
    rows, rate = recordings.inspect_recordings(
        clips,
        pathlib.Path(folder),
        sample_rate=None,
        resample=False,
        channel=0,
        threads=threads,
    )
    return Survey(rows, rate, doubts.of_names(rows, ""))
