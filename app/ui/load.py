"""What pages show, read once for all sessions and again when a file changes."""

import functools
import json
import os
import pathlib
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.audio.mel_cache import MelCache, open_cache
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.data.clip import unit_of
from pygoodvibes.evaluation import operating_points
from pygoodvibes.explanation.deviation import Normal, learn_normal
from pygoodvibes.explanation.naming import MOST_CLIPS, NormalSigns, learn_signs
from pygoodvibes.explanation.signs import profiles
from pygoodvibes.figures.inputs import read_table, read_vectors
from pygoodvibes.figures.ocsvm_grid import Grid, fit_grid
from pygoodvibes.models import machine_model
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import run_folders
from pygoodvibes.workflow.run_folders import Run
from ui import browse


def _cached(entries: int) -> Callable:
    """Keep what a function makes of a file until the file changes; nobody may write to it."""

    def decorate(function: Callable) -> Callable:
        @st.cache_resource(show_spinner=False, max_entries=entries)
        def keep(path: str, stamp: int, arguments: tuple) -> object:
            return function(pathlib.Path(path), *arguments)

        @functools.wraps(function)
        def wrapper(path: pathlib.Path, *arguments: object) -> object:
            return keep(str(path), path.stat().st_mtime_ns if path.exists() else 0, arguments)

        return wrapper

    return decorate


@_cached(8)
def _table(path: pathlib.Path) -> pd.DataFrame:
    return read_table(path)


@_cached(4)
def _manifest(path: pathlib.Path) -> pd.DataFrame:
    return browse.read_manifest(path)


@_cached(4)
def _curves(path: pathlib.Path, machine: str | None) -> pd.DataFrame:
    return operating_points.curves(read_table(path), machine=machine)


@_cached(16)
def _scores(path: pathlib.Path, detector: str | None) -> pd.DataFrame:
    return browse.scores_of(path, detector)


@_cached(4)
def _vectors(path: pathlib.Path) -> dict[str, np.ndarray]:
    return read_vectors(path)


@_cached(4)
def _normal(path: pathlib.Path, clips: str) -> Normal:
    cache = open_cache(path, clips)
    return learn_normal(frames for clip, frames in cache if clip["split"] == "train")


@_cached(32)
def _grid(path: pathlib.Path, gammas: tuple, nus: tuple, resolution: int) -> Grid:
    groups = plane(read_vectors(path))
    return fit_grid(
        groups["train"],
        gammas,
        nus,
        normal=groups["normal"],
        anomaly=groups["anomaly"],
        resolution=resolution,
    )


@_cached(8)
def _sound(path: pathlib.Path, audio: tuple) -> bytes:
    return browse.playable(path, dict(audio))


def run(name: str) -> Run:
    """Return an opened run of the working folder."""
    return _run(pathlib.Path("results", name, "provenance.json"))


@_cached(8)
def _run(path: pathlib.Path) -> Run:
    return run_folders.open_run(pathlib.Path(), path.parent.name)


def table(run: Run, name: str) -> pd.DataFrame:
    """Return a table of results, e.g. 'metrics.csv'."""
    return _table(run.results / name)


def manifest(run: Run) -> pd.DataFrame:
    """Return the final manifest."""
    return _manifest(run.results / "manifest.csv")


def has_sections(run: Run) -> bool:
    """Return whether the IDs of a run are sections, as since DCASE 2021."""
    clips = manifest(run)
    return unit_of(clips["clip"], clips.get("domain", ())) == "section"


def curves(run: Run, machine: str | None) -> pd.DataFrame:
    """Return sensitivity and specificity over settings, of a machine type or of all."""
    return _curves(run.results / "sweep.csv", machine)


def scores(run: Run, machine: str, machine_id: str) -> pd.DataFrame:
    """Return the scores of a machine ID, all detectors."""
    return _scores(run.of_id("evaluation", machine, machine_id, ".scores.csv"), None)


def all_scores(run: Run, detector: str) -> pd.DataFrame:
    """Return the scores of all machine IDs, one detector."""
    return _scores(run.resources / "scores.csv", detector)


def overview(run: Run) -> dict[str, np.ndarray]:
    """Return the common projection of all clips."""
    return _vectors(run.resources / "overview.npz")


def embedding(run: Run, machine: str, machine_id: str) -> dict[str, np.ndarray]:
    """Return the embedding of a machine ID."""
    return _vectors(run.of_id("embedding", machine, machine_id, ".npz"))


def projection(run: Run, machine: str, machine_id: str) -> dict[str, np.ndarray]:
    """Return the projection of a machine ID."""
    return _vectors(run.of_id("projection", machine, machine_id, ".npz"))


def cache(run: Run, machine: str, machine_id: str) -> MelCache | None:
    """Return the spectrograms of a machine ID, or None where the run has none."""
    path = run.of_id("mel", machine, machine_id, ".npy")
    clips = run.of_id("mel", machine, machine_id, ".clips.csv")
    return open_cache(path, clips) if path.is_file() and clips.is_file() else None


def normal(run: Run, machine: str, machine_id: str) -> Normal | None:
    """Return what is normal in each mel band, or None without spectrograms or training clips."""
    spectrograms = cache(run, machine, machine_id)
    if spectrograms is None or not any(clip["split"] == "train" for clip in spectrograms.clips):
        return None
    path = run.of_id("mel", machine, machine_id, ".npy")
    return _normal(path, str(run.of_id("mel", machine, machine_id, ".clips.csv")))


@st.cache_resource(show_spinner=False, max_entries=8)
def _signs(folder: str, paths: tuple[str, ...], audio: str) -> NormalSigns | None:
    settings = json.loads(audio)
    rows = [{"path": path} for path in paths]
    read = signals_of(rows, pathlib.Path(folder), audio_settings=settings)
    found = (profiles(signal, settings["sample_rate"]) for signal in read)
    return learn_signs([profile for profile in found if profile is not None])


def signs(run: Run, machine: str, machine_id: str) -> NormalSigns | None:
    """Return what signs normal training clips show, or None where their audio isn't there.

    Raises
    ------
    UserError
        If a training clip can't be read any more.
    """
    spectrograms = cache(run, machine, machine_id)
    if spectrograms is None or run.dataset.enters_as != "audio":
        return None
    paths = [clip["path"] for clip in spectrograms.clips if clip["split"] == "train"]
    if len(paths) > MOST_CLIPS:
        paths = [paths[i] for i in np.linspace(0, len(paths) - 1, MOST_CLIPS).astype(int)]
    return _signs(str(run.clip_path("")), tuple(paths), json.dumps(run.config["audio"]))


def grid(
    run: Run, machine: str, machine_id: str, *, gammas: tuple, nus: tuple, resolution: int
) -> Grid:
    """Return one-class SVMs on the first two components of a machine ID."""
    path = run.of_id("projection", machine, machine_id, ".npz")
    return _grid(path, gammas, nus, resolution)


def plane(vectors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the first two components of training, normal and anomalous clips, each (n, 2)."""
    split, label = vectors["split"].astype(str), vectors["label"].astype(str)
    values = vectors["values"][:, :2].astype(float)
    if values.shape[1] < 2:
        values = np.zeros((0, 2))
        split = label = np.zeros(0, dtype=str)
    return {
        "train": values[(split == "train") & (label == "normal")],
        "normal": values[(split == "test") & (label == "normal")],
        "anomaly": values[(split == "test") & (label == "anomaly")],
    }


def sound(run: Run, path: str) -> bytes:
    """Return what the browser plays of a clip, given its path in the manifest."""
    return _sound(run.clip_path(path), tuple(run.config["audio"].items()))


def edges(run: Run, n_mels: int) -> np.ndarray:
    """Return the edges of the mel bands, Hz, shape (n_mels + 2,)."""
    return band_edges_of(run.config["mel"], run.config["audio"]["sample_rate"], n_mels)


def band_edges_of(mel: Mapping, sample_rate: int, n_mels: int) -> np.ndarray:
    """Return the edges of mel bands, Hz, given the section `mel` of a config."""
    fmax = mel["fmax"] or sample_rate / 2
    return band_edges(n_mels=n_mels, fmin=mel["fmin"], fmax=fmax, htk=mel["htk"])


def models(run: Run) -> dict[str, pathlib.Path]:
    """Return the model files of a run, by machine, as 'fan ID 00'."""
    paths = sorted((run.results / "models").glob(f"*{machine_model.ENDING}"))
    return {" ID ".join(path.stem.rsplit("_id_", 1)): path for path in paths}


OWN_MODELS = "PYGOODVIBES_MODELS"
"""Environment variable that names a folder of model files, or one, instead of `models`."""


def own_models() -> dict[str, pathlib.Path]:
    """Return the reader's own model files, made by `pygoodvibes fit`, by file name.

    Raises
    ------
    UserError
        If what the environment names is not there.
    """
    named = os.environ.get(OWN_MODELS)
    place = pathlib.Path(named or "models")
    if named and not place.exists():
        raise UserError(
            "{variable}: no such file or folder ({named})", variable=OWN_MODELS, named=named
        )
    paths = [place] if place.is_file() else sorted(place.glob(f"*{machine_model.ENDING}"))
    return {path.name: path for path in paths}


def keep(model: machine_model.MachineModel) -> pathlib.Path:
    """Write a model beside the reader's own ones, under a name that none has; return its path.

    Raises
    ------
    UserError
        If it can't be written.
    """
    place = pathlib.Path(os.environ.get(OWN_MODELS) or "models")
    folder = place.parent if place.is_file() else place
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=folder, reason=error.strerror
        ) from None
    path, number = folder / f"{model.name}{machine_model.ENDING}", 1
    while path.exists():
        number += 1
        path = path.with_name(f"{model.name}-{number}{machine_model.ENDING}")
    machine_model.save(path, model)
    return path


@_cached(8)
def model(path: pathlib.Path) -> machine_model.MachineModel:
    """Return a model, given its file."""
    return machine_model.load(path)


def uploaded_model(file: UploadedFile) -> machine_model.MachineModel:
    """Return a model that the reader has uploaded."""
    return _uploaded_model(file.file_id, file)


@st.cache_resource(show_spinner=False, max_entries=4)
def _uploaded_model(file_id: str, _file: UploadedFile) -> machine_model.MachineModel:
    return machine_model.loads(_file.getvalue(), _file.name)


def seconds_a_frame(run: Run) -> float:
    """Return the time from one frame to the next, s."""
    return run.config["mel"]["hop_length"] / run.config["audio"]["sample_rate"]
