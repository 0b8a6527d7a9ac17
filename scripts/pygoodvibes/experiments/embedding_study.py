"""Embeddings side by side: what each reaches, against the first and against its control.

Comes in: the runs of a study whose embeddings differ, the scores of their test clips, what each
embedding costs. Goes out: a row per embedding and detector. Differences are paired: the resamples
of test clips are the same for all.
"""

import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.config.config import Config
from pygoodvibes.evaluation.compare_detectors import MEAN, Scores, average, group_scores, resample
from pygoodvibes.experiments.embedding_cost import EmbeddingCost
from pygoodvibes.experiments.settings_diff import plain
from pygoodvibes.experiments.study_plan import Run
from pygoodvibes.report.table import NOTHING, Table, percent, points, with_bounds

METRICS = ("auc", "pauc")
"""What is compared, in the order of `pygoodvibes.evaluation.compare_detectors.average`."""

_NAMES = {"auc": "AUC", "pauc": "pAUC"}
_DETAILS = ("needs", "sha256", "control_keeps")
"""Keys of an embedding that are long, and hardly ever tell two of a study apart."""

_AGAINST = {"first": "the first", "control": "its control"}


def compares_embeddings(runs: Sequence[Run]) -> bool:
    """Tell whether a study has several embeddings."""
    return any(run.config.embedding != runs[0].config.embedding for run in runs)


def names_of(runs: Sequence[Run]) -> dict[str, str]:
    """Name the embedding of each run as the study sets it: ``triplet, epochs 20``.

    What a network needs, and the folder of its file, are left out where the names differ without.
    """
    whole = {run.name: _name_of(run, run.settings) for run in runs}
    short = {run.name: _name_of(run, _in_short(run.settings)) for run in runs}
    return short if len(set(short.values())) == len(set(whole.values())) else whole


def _name_of(run: Run, settings: Mapping) -> str:
    words = [
        plain(value) if key == "embedding" else f"{key.removeprefix('embedding.')} {plain(value)}"
        for key, value in settings.items()
    ]
    return ", ".join(words) or run.config.embedding.method


def _in_short(settings: Mapping) -> dict:
    embedding = settings.get("embedding")
    if not isinstance(embedding, Mapping):
        return dict(settings)
    told = {key: value for key, value in embedding.items() if key not in _DETAILS}
    if "file" in told:
        told["file"] = pathlib.PurePath(told["file"]).name
    return {**settings, "embedding": told}


def control_of(run: Run, runs: Iterable[Run]) -> Run | None:
    """Return the run with the same network before training, or with random weights, if any.

    All other settings of it are the same, so that the difference is what the training is worth.
    """
    for other in runs:
        if other is not run and _untrained(other.config) and not _untrained(run.config):
            changed = {
                name: getattr(other.config.embedding, name)
                for name in ("epochs", "control", "control_seed", "control_keeps")
                if hasattr(other.config.embedding, name)
            }
            if (
                other.config.embedding.method == run.config.embedding.method
                and run.config.embedding.model_copy(update=changed) == other.config.embedding
                and _without_embedding(run.config) == _without_embedding(other.config)
            ):
                return other
    return None


def _untrained(config: Config) -> bool:
    embedding = config.embedding
    return (
        getattr(embedding, "epochs", None) == 0 or getattr(embedding, "control", "none") != "none"
    )


def _without_embedding(config: Config) -> dict:
    return config.model_dump(exclude={"embedding"})


def embedding_rows(
    runs: Sequence[Run],
    scores: Mapping[str, Iterable[Mapping[str, str]]],
    costs: Mapping[str, EmbeddingCost],
    *,
    max_fpr: float,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[dict]:
    """Compare the embeddings of a study.

    Parameters
    ----------
    runs : sequence of Run
        The runs; the first is what the others are compared with.
    scores : mapping of str to iterable of mapping
        By name of the run: rows of its file of all scores.
    costs : mapping of str to EmbeddingCost
        By name of the run.
    max_fpr, resamples, seed
        As in `pygoodvibes.evaluation.compare_detectors.resample`.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    list of dict
        A row per run and detector, in their order: embedding, detector, control (name of the
        embedding before training, '' if the study has none), cost; for each of `METRICS` the mean
        of machine types, and for `first` and `control` the difference to it, ``auc_first``: each
        with ``_low`` and ``_high``. Shares; None where there is none.
    """
    grouped: Scores = {}
    for run in runs:
        for key, detectors in group_scores(scores[run.name]).items():
            for variant, values in detectors.items():
                grouped.setdefault(key, {})[f"{run.name}/{variant}"] = values
    wanted = [f"{run.name}/{variant}" for run in runs for variant in run.variants]
    usable = [name for name in wanted if any(name in of_id for of_id in grouped.values())]
    drawn = resample(grouped, max_fpr=max_fpr, resamples=resamples, seed=seed)
    means = {name: of[MEAN] for name, of in average(drawn, usable).items()}
    bounds = _bounds(confidence)
    names, rows = names_of(runs), []
    for run in runs:
        control = control_of(run, runs)
        for variant, (detector, settings) in run.variants.items():
            mine = means.get(f"{run.name}/{variant}")
            row = {"embedding": names[run.name], "detector": _detector_name(detector, settings)}
            row |= {"control": names[control.name] if control else "", "cost": costs[run.name]}
            for number, metric in enumerate(METRICS):
                row |= _with_ends(metric, None if mine is None else mine[number], bounds)
                for against, other in (("first", runs[0]), ("control", control)):
                    theirs = means.get(f"{other.name}/{variant}") if other else None
                    same = mine is None or theirs is None or other is run
                    difference = None if same else mine[number] - theirs[number]
                    row |= _with_ends(f"{metric}_{against}", difference, bounds)
            rows.append(row)
    return rows


def _detector_name(detector: str, settings: Mapping) -> str:
    keys = (f"{key.split('.', 2)[2]} {plain(value)}" for key, value in settings.items())
    return ", ".join([detector, *keys])


def _bounds(confidence: float) -> Callable[[np.ndarray], tuple[float | None, float | None]]:
    def bounds(values: np.ndarray) -> tuple[float | None, float | None]:
        if len(values) < 2:
            return None, None
        return tuple(np.nanquantile(values[1:], [(1 - confidence) / 2, (1 + confidence) / 2]))

    return bounds


def _with_ends(name: str, values: np.ndarray | None, bounds: Callable) -> dict:
    if values is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    low, high = bounds(values)
    return {name: float(values[0]), f"{name}_low": low, f"{name}_high": high}


def embeddings_table(
    rows: Sequence[Mapping], *, title: str, data: str, confidence: float, resamples: int
) -> Table:
    """Return the page that compares embeddings.

    Parameters
    ----------
    rows : sequence of mapping
        From `embedding_rows`.
    title, data : str
        What the study is about, and which data these are.
    confidence : float
        Coverage of the intervals.
    resamples : int
        Resamples that they come from.
    """
    first = rows[0]["embedding"]
    columns = ["Embedding", "Detector", "AUC", "pAUC"]
    columns += [
        f"{_NAMES[metric]} to {against}" for against in _AGAINST.values() for metric in METRICS
    ]
    columns += ["Values a clip", "Encoder, MB", "Training, s", "A clip, ms"]
    cells = []
    for row in rows:
        cost = row["cost"]
        cells.append(
            [
                row["embedding"],
                row["detector"],
                *(_cell(row, metric, percent) for metric in METRICS),
                *(
                    _cell(row, f"{metric}_{against}", points)
                    for against in _AGAINST
                    for metric in METRICS
                ),
                str(cost.values),
                NOTHING if cost.encoder_bytes is None else f"{cost.encoder_bytes / 1e6:.2g}",
                NOTHING if cost.training_seconds is None else f"{cost.training_seconds:.0f}",
                f"{1000 * cost.clip_seconds:.2g}",
            ]
        )
    intervals = "No intervals: evaluation.bootstrap is 0."
    if resamples:
        intervals = (
            f"In brackets the {100 * confidence:g} % interval from {resamples} resamples of the "
            "test clips, the same for all rows. An interval of a difference without 0 holds on "
            "these clips; other machines, or another training with another seed, are not in it."
        )
    notes = [
        "AUC and pAUC in %: mean of machine types, each the mean of its machine IDs, over machine "
        "IDs that every row has scores of. Differences in points, paired.",
        intervals,
        f"The first: {first}. A control: the same network before training, or with random weights.",
        "On this machine: training in processor seconds of all threads; a clip, from its log-mel "
        "frames or samples to its vector, by the clock.",
        "Choosing a row by these numbers uses test labels: what the best one reaches is an "
        "oracle's result.",
    ]
    text = frozenset({"Embedding", "Detector"})
    return Table(f"{title}: embeddings compared ({data})", columns, cells, notes, text)


def _cell(row: Mapping, name: str, write: Callable[[float], str]) -> str:
    value = row[name]
    return (
        with_bounds(value, row[f"{name}_low"], row[f"{name}_high"], write)
        if value is not None
        else NOTHING
    )


def csv_rows(rows: Sequence[Mapping]) -> tuple[list[dict], list[str]]:
    """Return the rows of the CSV file and its columns: shares, seconds, bytes; '' for none."""
    numbers = [
        f"{metric}{of}{end}"
        for metric in METRICS
        for of in ("", *(f"_{against}" for against in _AGAINST))
        for end in ("", "_low", "_high")
    ]
    costs = ["values", "encoder_bytes", "training_seconds", "clip_seconds"]
    written = [
        {name: row[name] for name in ("embedding", "detector", "control")}
        | {name: _number(row[name]) for name in numbers}
        | {name: _number(getattr(row["cost"], name)) for name in costs}
        for row in rows
    ]
    return written, ["embedding", "detector", *numbers, "control", *costs]


def _number(value: float | int | None) -> str:
    if value is None or np.isnan(value):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
