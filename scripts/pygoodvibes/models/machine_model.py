"""One file a machine: all that is needed to score new clips of it, and where it comes from.

The file is a zip archive, `.pgv`:

| member | what |
| --- | --- |
| `model.json` | format, machine, settings, threshold, detectors and their notes, provenance |
| `pca/<name>.npy` | mean, scale, components, explained_variance_ratio of the projection |
| `normal/<name>.npy` | level and spread of each mel band, for the deviation map |
| `held_out/<detector>.npy` | scores of the training clips by fits that have not seen them |
| `detectors/<detector>/<n>.npy` | arrays of a detector of our own (its structure: `model.json`) |
| `detectors/<detector>.skops` | any other detector |

The archive's comment is the SHA-256 of all bytes before it: a file with a single changed byte is
refused. There is no date in it, so that the same fit gives the same bytes.
"""

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import zipfile
from collections.abc import Mapping

import numpy as np

from pygoodvibes.detection.serialization import NotPlainError, decode, encode
from pygoodvibes.embeddings.projection import Pca
from pygoodvibes.explanation.deviation import Normal
from pygoodvibes.util.errors import UserError

FORMAT = 2
"""Version of the format; a reader refuses those that it doesn't know."""

ENDING = ".pgv"
"""File name ending of models."""

_DIGEST = 64  # hexadecimal digits of a SHA-256


@dataclasses.dataclass(frozen=True)
class MachineModel:
    """What is normal for a machine, fitted, with all settings.

    Attributes
    ----------
    name, machine, id : str
        Name of the model, machine type and machine ID.
    settings : mapping
        audio, mel, embedding: sections of the config; detectors: settings by name, the first is
        the default; threshold: method, and false_alarm_rates by detector.
    pca : Pca
        The projection.
    normal : Normal
        Level and spread of each mel band over training clips.
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        Per detector the scores of training clips by fits that have not seen them; NaN where there
        is none. Higher = more anomalous.
    estimators : mapping of str to object
        Fitted detectors by name; only those that could be fitted.
    training : mapping
        clips, seconds (in all), median_seconds, shortest and longest (s) of the training clips; if
        they are windows, recordings that they were cut from, window and hop (s).
    provenance : mapping
        What it was made from.
    sha256 : str
        Of the file that it was read from; '' before it was written.
    """

    name: str
    machine: str
    id: str
    settings: Mapping
    pca: Pca
    normal: Normal
    held_out: Mapping[str, np.ndarray]
    estimators: Mapping[str, object]
    training: Mapping
    provenance: Mapping
    sha256: str = ""

    @property
    def sample_rate(self) -> int:
        """Return the sample rate of its clips, Hz."""
        return self.settings["audio"]["sample_rate"]

    @property
    def window_seconds(self) -> float:
        """Return the median duration of its training clips, s."""
        return self.training["median_seconds"]


class _Estimators(Mapping):
    """Detectors of a file, each read when it is first asked for; may be sent to other processes."""

    def __init__(self, content: bytes, structures: Mapping[str, object], path: object):
        self._content = content
        self._structures = structures
        self._path = path
        self._read: dict[str, object] = {}

    def __getstate__(self) -> dict:
        return {**vars(self), "_read": {}}

    def __getitem__(self, name: str) -> object:
        if name not in self._read:
            structure = self._structures[name]
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                try:
                    self._read[name] = _detector(archive, name, structure)
                except UserError as error:
                    raise UserError(f"{self._path}: {error}") from None
        return self._read[name]

    def __iter__(self):
        return iter(self._structures)

    def __len__(self) -> int:
        return len(self._structures)


def _detector(archive: zipfile.ZipFile, name: str, structure: object) -> object:
    if structure is None:
        from pygoodvibes.detection import serialization

        return serialization.load(io.BytesIO(archive.read(f"detectors/{name}.skops")), name=name)
    prefix = f"detectors/{name}/"
    count = sum(member.startswith(prefix) for member in archive.namelist())
    return decode(structure, [_array(archive, f"{prefix}{n}.npy") for n in range(count)])


def _array(archive: zipfile.ZipFile, member: str) -> np.ndarray:
    return np.load(io.BytesIO(archive.read(member)), allow_pickle=False)


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    # the order of its elements is kept: products of another order differ in their last digits
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _detector_members(name: str, estimator: object) -> tuple[object, dict[str, bytes]]:
    """Return the structure of a plain detector, None for another, and the members that hold it."""
    arrays: list[np.ndarray] = []
    try:
        structure = encode(estimator, arrays)
    except NotPlainError:
        from pygoodvibes.detection import serialization

        buffer = io.BytesIO()
        serialization.save(buffer, estimator)
        return None, {f"detectors/{name}.skops": buffer.getvalue()}
    return structure, {f"detectors/{name}/{n}.npy": _npy(each) for n, each in enumerate(arrays)}


def dumps(model: MachineModel) -> bytes:
    """Return the bytes of a model's file; the same model gives the same bytes."""
    members = {f"pca/{key}.npy": _npy(value) for key, value in vars(model.pca).items()}
    members |= {f"normal/{key}.npy": _npy(getattr(model.normal, key)) for key in _NORMAL}
    members |= {f"held_out/{key}.npy": _npy(value) for key, value in model.held_out.items()}
    structures = {}
    for name, estimator in model.estimators.items():
        structures[name], own = _detector_members(name, estimator)
        members |= own
    head = {
        "format": FORMAT,
        **{key: getattr(model, key) for key in ("name", "machine", "id", "settings", "training")},
        "smooth": model.normal.smooth,
        "detectors": structures,
        "provenance": model.provenance,
    }
    members["model.json"] = (json.dumps(head, indent=1, ensure_ascii=False) + "\n").encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(member), content)  # its date is fixed: 1980
        archive.comment = b"0" * _DIGEST
    content = buffer.getvalue()[:-_DIGEST]
    return content + hashlib.sha256(content).hexdigest().encode()


_NORMAL = ("level", "spread")


def save(path: str | pathlib.Path, model: MachineModel) -> int:
    """Write a model, in one step, so that a reader never sees half of it; return its bytes.

    Raises
    ------
    UserError
        If the file can't be written.
    """
    path, content = pathlib.Path(path), dumps(model)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UserError(f"{path}: can't be written ({error.strerror})") from None
    return len(content)


def load(path: str | pathlib.Path) -> MachineModel:
    """Read a model.

    Raises
    ------
    UserError
        If it is missing, no model, damaged, of a format this version doesn't know, or holds
        objects of other packages than scikit-learn, NumPy, SciPy and this one.
    """
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: can't be read ({error.strerror})") from None
    return loads(content, path)


def loads(content: bytes, path: str | pathlib.Path) -> MachineModel:
    """Read a model from the bytes of its file; `path` is what errors call it.

    Raises
    ------
    UserError
        As `load`.
    """
    if not content.startswith(b"PK\x03\x04"):
        raise UserError(f"{path}: no model; 'pygoodvibes fit FOLDER' makes one")
    body, digest = content[:-_DIGEST], content[-_DIGEST:].decode("latin-1")
    if hashlib.sha256(body).hexdigest() != digest:
        raise UserError(
            f"{path}: damaged or altered: its content doesn't match its checksum; copy it again or "
            "fit it again"
        )
    try:
        return _read(path, content)
    # a file whose checksum is right but which no version of ours has written
    except (zipfile.BadZipFile, LookupError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no readable model ({error})") from None


def _read(path: str | pathlib.Path, content: bytes) -> MachineModel:
    archive = zipfile.ZipFile(io.BytesIO(content))
    head = json.loads(archive.read("model.json"))
    if head["format"] != FORMAT:
        raise UserError(
            f"{path}: format {head['format']} of models, this version reads {FORMAT}; fit it again "
            "or install another version"
        )

    return MachineModel(
        **{key: head[key] for key in ("name", "machine", "id", "settings", "training")},
        pca=Pca(**{key: _array(archive, f"pca/{key}.npy") for key in Pca.__dataclass_fields__}),
        normal=Normal(*(_array(archive, f"normal/{key}.npy") for key in _NORMAL), head["smooth"]),
        held_out={
            name: _array(archive, f"held_out/{name}.npy") for name in head["settings"]["detectors"]
        },
        estimators=_Estimators(content, head["detectors"], path),
        provenance=head["provenance"],
        sha256=hashlib.sha256(content).hexdigest(),
    )
