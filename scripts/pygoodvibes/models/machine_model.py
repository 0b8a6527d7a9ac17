"""One file for each machine: all that scoring new clips of it takes, and the model's origin.

The file is a zip archive, `.pgv`:

| member | what |
| --- | --- |
| `model.json` | format, machine, settings, threshold, detectors and their notes, provenance |
| `pca/<n>/<name>.npy` | projections without each fold of the training clips, and of all |
| `normal/<name>.npy` | level and spread of each mel band, for the deviation map |
| `held_out/<detector>.npy` | scores of the training clips by fits that have not seen them |
| `detectors/<detector>/<n>.npy` | arrays of a detector (its structure: `model.json`) |
| `encoder.onnx` | the network of the embedding, if that runs one |
| `kept/<name>.npy` | what another fit takes of the training clips, if the model keeps that |

The archive's comment is the SHA-256 of all bytes before it, so a file with a single changed byte is
refused. This finds damage, not malice: the checksum has no key, and anybody who alters a file can
compute it anew. So a file holds nothing but data, and all of it is checked when it is read. It has
no date: the same fit gives the same bytes.
"""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pygoodvibes.detection import serialization
from pygoodvibes.detectors.combined import CHOICE, FITTED, Chosen
from pygoodvibes.detectors.fold_fits import MOST_FOLDS, FoldFitsOf
from pygoodvibes.detectors.state import fitted_by
from pygoodvibes.embeddings.embed import encoder_in
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.embeddings.projection import PCA_ARRAYS, Pca, arrays_of, pca_of
from pygoodvibes.embeddings.registry import uses_encoder
from pygoodvibes.explanation.deviation import Normal
from pygoodvibes.models import kept as kept_clips
from pygoodvibes.models import model_settings
from pygoodvibes.models.signature import verify
from pygoodvibes.util import stored_zip
from pygoodvibes.util.atomic import write_bytes
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

FORMAT = 4
"""Version of the format; a reader refuses those that it doesn't know."""

ENDING = ".pgv"
"""File name ending of models."""

MOST_BYTES = 512 * 2**20
"""Largest model file that is written or read."""

MOST_OF_DETECTORS = MOST_BYTES // 4 * 3
"""Most bytes of the encoder and the arrays of all detectors; the rest is for the projection and the
settings."""

_TOO_LARGE = message("more than {most} MB, no model is as large", most=MOST_BYTES // 2**20)

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
    pcas : sequence of Pca
        The projections, without each fold of the training clips and of all; at least one.
    normal : Normal
        Level and spread of each mel band over training clips.
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        By detector: held-out scores of the training clips; NaN where there is none. Higher = more
        anomalous.
    estimators : mapping of str to object
        Fitted detectors by name; only those that could be fitted.
    training : mapping
        clips, seconds (in all), median_seconds, shortest and longest (s) of the training clips; if
        they are windows, recordings that they were cut from, window and hop (s). The hashes of
        their samples, samples_xxh3_128, how they are recorded and stored, condition (from
        `pygoodvibes.data.condition.learn`), and what signs they show, signs (from
        `pygoodvibes.explanation.naming.NormalSigns.plain`); a file from before there were any, or
        from the workflow, lacks them.
    provenance : mapping
        Data, code, packages and config that it was made with, and notes of the fit.
    sha256 : str
        Checksum of the file that it was read from; '' if it was not read from a file.
    encoder : Encoder or None
        The network of the embedding, if that runs one.
    kept : Kept or None
        What another fit takes of the training clips; None in models of the workflow, in those of
        very many clips, and in files from before there was any.
    """

    name: str
    machine: str
    id: str
    settings: Mapping
    pcas: Sequence[Pca]
    normal: Normal
    held_out: Mapping[str, np.ndarray]
    estimators: Mapping[str, object]
    training: Mapping
    provenance: Mapping
    sha256: str = ""
    encoder: Encoder | None = None
    kept: kept_clips.Kept | None = None

    @property
    def sample_rate(self) -> int:
        """Return the sample rate of its clips, Hz."""
        return self.settings["audio"]["sample_rate"]

    @property
    def window_seconds(self) -> float:
        """Return the median duration of its training clips, s."""
        return self.training["median_seconds"]


class _Estimators(Mapping):
    """Detectors of a file, each read at its first use; may be sent to other processes."""

    def __init__(self, content: bytes, head: Mapping, seen: Mapping[str, int], path: object):
        self._content = content
        self._structures = head["detectors"]
        self._settings = head["settings"]["detectors"]
        self._seen = seen
        self._path = path
        self._read: dict[str, object] = {}

    def __getstate__(self) -> dict:
        return {**vars(self), "_read": {}}

    def __getitem__(self, name: str) -> object:
        if name not in self._read:
            structure = self._structures[name]
            with _readable(self._path, name):
                self._read[name] = self._decoded(name, structure)
        return self._read[name]

    def _decoded(self, name: str, structure: object) -> object:
        if name == CHOICE:
            chosen = serialization.decode(structure, [], FITTED, {})
            self._check_parts(name, chosen)
            return chosen
        sizes = model_settings.sizes_seen(name, self._settings[name], self._seen)
        members = stored_zip.read(self._content, _DIGEST)
        arrays = serialization.arrays_of(members, f"detectors/{name}/")
        kind = FoldFitsOf(fitted_by(self._settings[name]["method"]))
        return serialization.decode(structure, arrays, kind, sizes)

    def _check_parts(self, name: str, chosen: Chosen) -> None:
        for part in chosen.parts:
            if part.detector == name or part.detector not in self._structures:
                raise ValueError(f"{name} takes a detector that isn't there")
            known = getattr(self[part.detector], "member_names", ()) if part.member else ("",)
            if part.member not in known:
                raise ValueError(f"{name} takes a part that {part.detector} doesn't have")

    def __iter__(self):
        return iter(self._structures)

    def __len__(self) -> int:
        return len(self._structures)


@contextlib.contextmanager
def _readable(path: object, *parts: str) -> Iterator[None]:
    """Turn any error into one sentence: the file is no readable model.

    Its checksum may be right although somebody made the content to do harm. So every error is one
    of the file.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = ": ".join([*parts, serialization.reason_of(error)])
        raise UserError("{path}: no readable model ({reason})", path=path, reason=reason) from error


def dumps(model: MachineModel) -> bytes:
    """Return the bytes of a model's file; the same model gives the same bytes."""
    arrays = {
        f"pca/{fold}/{key}": value
        for fold, pca in enumerate(model.pcas)
        for key, value in arrays_of(pca).items()
    }
    arrays |= {f"normal/{key}": getattr(model.normal, key) for key in _NORMAL}
    arrays |= {f"held_out/{key}": value for key, value in model.held_out.items()}
    if model.kept is not None:
        arrays |= {f"kept/{key}": getattr(model.kept, key) for key in kept_clips.ARRAYS}
    structures = {}
    for name, estimator in model.estimators.items():
        structures[name], of_detector = serialization.encode(estimator)
        arrays |= {f"detectors/{name}/{number}": array for number, array in enumerate(of_detector)}
    members = {f"{name}.npy": array for name, array in arrays.items()}
    if model.encoder is not None:
        members[_ENCODER] = model.encoder.content
    head = {
        "format": FORMAT,
        **{key: getattr(model, key) for key in ("name", "machine", "id", "settings", "training")},
        "smooth": model.normal.smooth,
        "detectors": structures,
        "provenance": model.provenance,
    }
    if model.kept is not None:
        head["kept"] = kept_clips.table_of(model.kept)
    members["model.json"] = (json.dumps(head, indent=1, ensure_ascii=False) + "\n").encode()
    return stored_zip.write(members, b"0" * _DIGEST, seal=_digest)


def _digest(content: memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


_NORMAL = ("level", "spread")
_ENCODER = "encoder.onnx"


def save(path: str | pathlib.Path, model: MachineModel) -> int:
    """Write a model in one step, so that a reader never sees half of it; return its size, bytes.

    Raises
    ------
    UserError
        If the file can't be written, or a detector can't be kept in one.
    """
    path = pathlib.Path(path)
    try:
        content = dumps(model)
    except ValueError as error:
        raise UserError("{path}: can't be written ({reason})", path=path, reason=error) from None
    loads(content, path)  # a file that could not be read again is not written
    try:
        write_bytes(path, content)
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=path, reason=error.strerror
        ) from None
    return len(content)


def load(
    path: str | pathlib.Path, *, verify_with: str | pathlib.Path | None = None
) -> MachineModel:
    """Read a model.

    Parameters
    ----------
    path : path
        Its file.
    verify_with : path, optional
        Public key with which the signature beside the file is checked, before anything else.

    Raises
    ------
    UserError
        If the file is missing, no model, too large, damaged, of an unknown format, or holds
        anything that `save` doesn't write. Detectors are read, and refused, at their first use.
        If it is to be verified and its signature isn't right.
    """
    content = read_bytes(path)
    if verify_with is not None:
        verify(path, content, verify_with)
    return loads(content, path)


def read_bytes(path: str | pathlib.Path) -> bytes:
    """Return what a model's file holds.

    Raises
    ------
    UserError
        If it can't be read, or is too large for a model.
    """
    try:
        if pathlib.Path(path).stat().st_size > MOST_BYTES:
            raise UserError("{path}: {reason}", path=path, reason=_TOO_LARGE)
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            "{path}: can't be read ({reason})", path=path, reason=error.strerror
        ) from None


def loads(content: bytes, path: str | pathlib.Path) -> MachineModel:
    """Read a model from the bytes of its file; errors name `path`.

    Raises
    ------
    UserError
        As `load`.
    """
    if not content.startswith(b"PK\x03\x04"):
        raise UserError("{path}: no model; 'pygoodvibes fit FOLDER' makes one", path=path)
    if len(content) > MOST_BYTES:
        raise UserError("{path}: {reason}", path=path, reason=_TOO_LARGE)
    # a large file is not copied to be checked
    if _digest(memoryview(content)[:-_DIGEST]) != content[-_DIGEST:]:
        raise UserError(
            "{path}: damaged or altered: its content doesn't match its checksum; copy it "
            "again or fit it again",
            path=path,
        )
    with _readable(path):
        return _read(path, content)


def _read(path: str | pathlib.Path, content: bytes) -> MachineModel:
    members = stored_zip.read(content, _DIGEST)
    head = stored_zip.read_json(members.pop("model.json"))
    version = head["format"]
    if type(version) is not int or version != FORMAT:
        raise UserError(
            "{path}: format {format} of models, this version reads {known}; fit it again or "
            "install another version",
            path=path,
            format=str(version)[:20],
            known=FORMAT,
        )
    model_settings.check(head)
    names = list(head["settings"]["detectors"])
    folds = [fold for fold in range(MOST_FOLDS + 1) if f"pca/{fold}/mean.npy" in members]
    arrays = {
        name: stored_zip.read_npy(members.pop(f"{name}.npy"))
        for name in [
            *(f"pca/{fold}/{key}" for fold in folds for key in PCA_ARRAYS),
            *(f"normal/{key}" for key in _NORMAL),
            *(f"held_out/{name}" for name in names),
            *(f"kept/{key}" for key in kept_clips.ARRAYS if "kept" in head),
        ]
    }
    seen = model_settings.check_arrays(head, arrays)
    encoder = None
    section = head["settings"]["embedding"]
    if uses_encoder(section["method"]):
        encoder = encoder_in(bytes(members.pop(_ENCODER)), section, str(path))
    for name in head["detectors"]:
        number = 0
        while members.pop(f"detectors/{name}/{number}.npy", None) is not None:
            number += 1
    if members:
        raise ValueError(f"{min(members)} belongs to nothing")
    return MachineModel(
        **{key: head[key] for key in ("name", "machine", "id", "settings", "training")},
        pcas=[pca_of({key: arrays[f"pca/{fold}/{key}"] for key in PCA_ARRAYS}) for fold in folds],
        normal=Normal(*(arrays[f"normal/{key}"] for key in _NORMAL), head["smooth"]),
        held_out={name: arrays[f"held_out/{name}"] for name in names},
        estimators=_Estimators(content, head, seen, path),
        provenance=head["provenance"],
        sha256=hashlib.sha256(content).hexdigest(),
        encoder=encoder,
        kept=_kept(head, arrays),
    )


def _kept(head: Mapping, arrays: Mapping[str, np.ndarray]) -> kept_clips.Kept | None:
    if "kept" not in head:
        return None
    of_clips = {key: arrays[f"kept/{key}"] for key in kept_clips.ARRAYS}
    return kept_clips.kept_of(head["kept"], head["training"][model_settings.HASHES], of_clips)
