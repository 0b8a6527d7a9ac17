"""Files of fitted detectors: data and nothing else.

A detector is a structure in JSON and arrays beside it. `pygoodvibes.detectors.state` declares for
each class what they may hold. Anything else in a file is refused, and no name in it leads to code.
An estimator of a class that is not declared can't be written: it is left out, with the reason.

The workflow's file of a machine ID, `.fitted`, holds all its detectors: a zip archive of
`detectors.json` and `<detector>/<n>.npy`.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

import numpy as np

from pygoodvibes.detectors import state
from pygoodvibes.detectors.fold_fits import FoldFits, FoldFitsOf
from pygoodvibes.detectors.kinds import Kind, NotAsDeclaredError
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.detectors.state import Object
from pygoodvibes.util import stored_zip
from pygoodvibes.util.atomic import write_bytes
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

FORMAT = 2
"""Version of the workflow's file."""


@dataclasses.dataclass(frozen=True)
class Encoded:
    """A fitted detector as a file holds it, for `save`; it can't score clips, `decoded` it can.

    Attributes
    ----------
    structure : dict or list
        What JSON can hold.
    arrays : list of np.ndarray
        Its arrays.
    """

    structure: dict | list
    arrays: list[np.ndarray]

    def decoded(self) -> object:
        """Return the detector, which scores clips."""
        return decode(self.structure, self.arrays, _kind_of(self.structure), {})


def encode(estimator: object) -> tuple[dict | list, list[np.ndarray]]:
    """Turn a fitted detector into what JSON can hold, and its arrays; an `Encoded` one is as it is.

    Raises
    ------
    NotAsDeclaredError
        If the class of the detector, or of a part of it, is not declared, or a value is not as
        declared.
    """
    if isinstance(estimator, Encoded):
        return estimator.structure, estimator.arrays
    arrays: list[np.ndarray] = []
    if isinstance(estimator, FoldFits):
        kind = FoldFitsOf.holding(estimator)
    else:
        kind = Object(state.name_of(estimator))
    structure = kind.encode(estimator, arrays, state.Sizes())
    return structure, arrays


def decode(
    structure: object, arrays: list[np.ndarray], kind: Kind, sizes: Mapping[str, int]
) -> object:
    """Turn back what `encode` made.

    Parameters
    ----------
    structure, arrays
        As `encode` returns them.
    kind : Kind
        What is expected, e.g. `FITTED` of a detector's module.
    sizes : mapping of str to int
        Known sizes: 'd', the columns of its input, or 'bands', mel bands; 'folds'.

    Raises
    ------
    NotAsDeclaredError
        If it is not of this kind, or has other sizes.
    """
    taken = state.Arrays(arrays)
    estimator = kind.decode(structure, taken, state.Sizes(sizes))
    taken.finish()
    return estimator


def left_out(estimators: Mapping[str, object], *, most_bytes: int) -> dict[str, str]:
    """Return the fitted detectors that can't be written, by name, and why.

    Parameters
    ----------
    estimators : mapping of str to object
        By name; None where one could not be fitted.
    most_bytes : int
        Most bytes of all arrays together. A detector that would exceed them is left out, too.
    """
    return _encode_all(estimators, most_bytes)[1]


def _encode_all(
    estimators: Mapping[str, object], most_bytes: int
) -> tuple[dict[str, tuple], dict[str, str]]:
    """Encode each detector that can be written; for the others return the reason."""
    encoded, reasons, size = {}, {}, 0
    for name, estimator in estimators.items():
        if estimator is None:
            continue
        try:
            structure, arrays = encode(estimator)
            n_bytes = sum(array.nbytes for array in arrays)
            if size + n_bytes > most_bytes:
                raise NotAsDeclaredError(f"{n_bytes / 1e6:.0f} MB are too much for it")
            encoded[name] = structure, arrays
            size += n_bytes
        except NotAsDeclaredError as error:
            reasons[name] = message(
                "scored, but its model can't be kept in a file: {reason}", reason=error
            )
    return encoded, reasons


def reason_of(error: Exception) -> str:
    """Return an error as one line of printable characters, at most 300."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(character for character in text if character.isprintable())[:300]


def save(path: str | pathlib.Path, estimators: Mapping[str, object]) -> dict[str, str]:
    """Write the fitted detectors of a machine ID; the same fits give the same bytes.

    Parameters
    ----------
    path : path
        File to write.
    estimators : mapping of str to object
        By name; None where one could not be fitted.

    Returns
    -------
    dict of str to str
        The detectors that are left out, and why. The file holds this, too.
    """
    encoded, reasons = _encode_all(estimators, stored_zip.MOST_BYTES // 2)
    members, structures = {}, dict.fromkeys(estimators)
    for name, (structure, arrays) in encoded.items():
        structures[name] = structure
        members |= {f"{name}/{n}.npy": array for n, array in enumerate(arrays)}
    head = {"format": FORMAT, "detectors": structures, "left_out": reasons}
    members["detectors.json"] = (json.dumps(head, indent=1) + "\n").encode()
    write_bytes(path, stored_zip.write(members))
    return reasons


def load(path: str | pathlib.Path) -> dict[str, object]:
    """Read the fitted detectors of a machine ID; None for those that are missing.

    Raises
    ------
    UserError
        If the file is missing, or is not what `save` writes.
    """
    try:
        members = stored_zip.read(pathlib.Path(path).read_bytes())
        head = stored_zip.read_json(members.pop("detectors.json"))
        if head["format"] != FORMAT:
            raise ValueError("another format; fit it again")
        parts = {name: arrays_of(members, f"{name}/") for name in head["detectors"]}
        if members:
            raise ValueError(f"{min(members)} belongs to no detector")
        return {
            name: None if structure is None else Encoded(structure, parts[name]).decoded()
            for name, structure in head["detectors"].items()
        }
    # a file from elsewhere can lead to any error
    except Exception as error:
        raise UserError(
            "{path}: no readable model ({reason})", path=path, reason=reason_of(error)
        ) from error


def arrays_of(members: dict[str, memoryview], prefix: str) -> list[np.ndarray]:
    """Take the arrays `<prefix><n>.npy` out of the members of an archive, in their order."""
    arrays = []
    while (member := members.pop(f"{prefix}{len(arrays)}.npy", None)) is not None:
        arrays.append(stored_zip.read_npy(member))
    return arrays


def _kind_of(structure: object) -> FoldFitsOf:
    """Return the kind of detector that a structure names: a known method, or a dotted path."""
    fit = structure[0]["fit"] if isinstance(structure, list) else structure
    named = fit["class"].partition(".")[0]
    return FoldFitsOf(state.fitted_by(named if named in METHODS else "a dotted path"))
