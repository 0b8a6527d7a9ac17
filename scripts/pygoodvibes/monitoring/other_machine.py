"""Recordings whose names tell another machine than that of a model.

Comes in: a model and paths. Goes out: a sentence. The machine ID stands in names of DCASE and
MIMII. The machine type is that of a folder, and any folder may have any name: only types that some
year of DCASE Task 2 has are compared.
"""

import functools
import os
import pathlib
from collections.abc import Iterable, Sequence

from pygoodvibes.data.recordings import named_after
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.protocols.registry import protocol_of, years
from pygoodvibes.util.messages import Message, message


@functools.cache
def _types() -> frozenset[str]:
    """Return the machine types of all years."""
    halves = [half for year in years() for half in protocol_of(year).parts.values()]
    return frozenset(machine for half in halves for machine in half.sections)


def is_other_id(model: MachineModel, found: str) -> bool:
    """Say whether a machine ID is not that of a model; '' on either side tells nothing."""
    return "" not in (model.id, found) and model.id != found


def of_other_id(model: MachineModel, place: str | os.PathLike, found: str) -> Message:
    """Say that recordings are of another machine ID than a model.

    Parameters
    ----------
    model : MachineModel
        The model.
    place : path
        What to call the recordings.
    found : str
        Their machine ID, or several.
    """
    return message(
        "{place}: recordings of machine ID {found}, and model {model} is one of {id}",
        place=place,
        found=found,
        model=model.name,
        id=model.id,
    )


def _is_other_type(model: MachineModel, found: str) -> bool:
    return found not in ("", model.machine) and {found, model.machine} <= _types()


def _of_other_type(model: MachineModel, place: str, found: str) -> Message:
    return message(
        "{place}: recordings of machine type {found}, and model {model} is one of {machine}",
        place=place,
        found=found,
        model=model.name,
        machine=model.machine,
    )


def of_others(models: Sequence[MachineModel], clips: Iterable[str]) -> list[Message]:
    """Say which recordings are, by their names, of the machine of none of the models.

    Parameters
    ----------
    models : sequence of MachineModel
        The models that score them.
    clips : iterable of str
        Their paths.

    Returns
    -------
    list of Message
        Of each model a sentence on machine types and one on machine IDs, where there are others.
    """
    types: dict[str, str] = {}
    ids: dict[str, str] = {}
    for clip in clips:
        kind, machine_id = named_after(pathlib.Path(clip).absolute().as_posix())
        if all(_is_other_type(model, kind) for model in models):
            types[clip] = kind
        elif all(_is_other_type(model, kind) or is_other_id(model, machine_id) for model in models):
            ids[clip] = machine_id
    return [
        say(model, _named(list(found)), ", ".join(sorted(set(found.values()))))
        for model in models
        for found, say in ((types, _of_other_type), (ids, of_other_id))
        if found
    ]


def _named(clips: Sequence[str]) -> Message | str:
    if len(clips) == 1:
        return clips[0]
    return message("{clip} (and {more} more)", clip=clips[0], more=len(clips) - 1)
