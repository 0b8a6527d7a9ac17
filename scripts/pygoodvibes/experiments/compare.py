"""DVC's experiments against their baseline: which settings differ, and what that did to the AUC.

Comes in: the metrics.csv and the config of each experiment, as git keeps them. Goes out: a table,
a row per experiment and detector, and a figure. The baseline is the last commit (HEAD). Differences
are paired by machine ID, and their intervals come from a bootstrap over machine IDs.
"""

import math
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.config.config import Config
from pygoodvibes.config.validate import validate
from pygoodvibes.evaluation.averages import by_detector, differences, mean_of_types, type_means
from pygoodvibes.evaluation.intervals import LEAST_IDS, interval
from pygoodvibes.experiments.dvc_experiments import (
    MEASURES,
    Experiment,
    file_at,
    find_experiments,
    mapping_of,
    no_experiments,
    read_experiment,
)
from pygoodvibes.experiments.settings_diff import ABSENT, differing, plain
from pygoodvibes.report.table import Table, best_marked, points, with_bounds
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError

BASELINE = "baseline"
"""What the baseline is called in the table."""


SORTS = ("auc", "pauc", "difference", "pauc_difference")
"""What the table can be sorted by, besides the machine types."""


def compare(
    baseline: Experiment,
    experiments: Iterable[Experiment],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[dict]:
    """Set each detector of each experiment against the same detector of the baseline.

    Parameters
    ----------
    baseline : Experiment
        What to compare with.
    experiments : iterable of Experiment
        What to compare.
    resamples, confidence, seed
        Of the bootstrap over machine IDs: as in `pygoodvibes.evaluation.intervals.interval`.

    Returns
    -------
    list of dict
        A row per experiment and detector, the baseline's first: experiment, detector; auc, pauc
        (means of types, NaN if none); auc_difference, pauc_difference (mean of types of the
        differences of machine IDs that both have, NaN if none), each with `_low` and `_high`
        (None without an interval); n_ids behind the difference; machines: AUC by type; settings;
        changes: its settings that are not the baseline's; unchanged: nothing that concerns the
        detector was changed, and its metrics are the baseline's.
    """
    reference = {name: by_detector(baseline.metrics, name) for name in MEASURES}
    rows = []
    for experiment in (baseline, *experiments):
        is_baseline = experiment is baseline
        changed = differing(baseline.settings, [experiment.settings])
        measured = {name: by_detector(experiment.metrics, name) for name in MEASURES}
        for detector, values in measured["auc"].items():
            row = {
                "experiment": experiment.name,
                "detector": detector,
                "machines": type_means(values),
                "settings": experiment.settings,
                "changes": {key: experiment.settings.get(key, ABSENT) for key in changed},
            }
            for name in MEASURES:
                of_detector, other = measured[name][detector], reference[name].get(detector, {})
                change = {} if is_baseline else differences(of_detector, other)
                bounds = interval(change, resamples=resamples, confidence=confidence, seed=seed)
                row[name] = mean_of_types(of_detector)
                row[f"{name}_difference"] = mean_of_types(change)
                row[f"{name}_difference_low"], row[f"{name}_difference_high"] = bounds or (
                    None,
                    None,
                )
                if name == "auc":
                    row["n_ids"] = len(change)
            elsewhere = all(
                key.startswith("detectors.") and not key.startswith(f"detectors.{detector}.")
                for key in changed
            )
            row["unchanged"] = (
                not is_baseline
                and elsewhere
                and all(
                    measured[name][detector] == reference[name].get(detector) for name in MEASURES
                )
            )
            rows.append(row)
    return rows


def sort_rows(rows: Sequence[dict], by: str) -> list[dict]:
    """Return the rows with the highest value first, those without a value last.

    Parameters
    ----------
    rows : sequence of dict
        From `compare`.
    by : str
        One of `SORTS`, or a machine type.

    Raises
    ------
    UserError
        If there is no such value.
    """
    machines = _machines(rows)
    if by not in (*SORTS, *machines):
        raise UserError(
            "can't sort by {by!r}; allowed are {columns}",
            by=by,
            columns=", ".join((*SORTS, *machines)),
        )
    key = {"difference": "auc_difference"}.get(by, by)

    def place(row: Mapping) -> tuple[bool, float]:
        value = row["machines"].get(by, math.nan) if by in machines else row[key]
        return (math.isnan(value), 0.0 if math.isnan(value) else -value)

    return sorted(rows, key=place)


def _machines(rows: Iterable[Mapping]) -> list[str]:
    names = {machine for row in rows for machine in row["machines"]}
    return sorted(names)


def _changed_keys(rows: Iterable[Mapping]) -> list[str]:
    """Return the parameters that differ from the baseline in any row, in the config's order."""
    changed = {key for row in rows for key in row["changes"]}
    every = dict.fromkeys(key for row in rows for key in row["settings"])
    return [key for key in every if key in changed]


def comparison_table(
    rows: Sequence[Mapping], *, data: str, confidence: float, left_out: Sequence[str] = ()
) -> Table:
    """Return the table that people read.

    Parameters
    ----------
    rows : sequence of mapping
        From `compare`, in the order to show.
    data : str
        Which data these are, for the heading.
    confidence : float
        Coverage of the intervals.
    left_out : sequence of str
        Why experiments are not in it, one sentence each.
    """
    shown = _folded(rows)
    keys = _changed_keys(rows)
    machines = _machines(shown)
    columns = ["Experiment", "Detector", *keys, "AUC", "pAUC", "AUC difference"]
    columns += ["pAUC difference", *machines]
    marked = {
        "AUC": best_marked([row["auc"] for row in shown]),
        "pAUC": best_marked([row["pauc"] for row in shown]),
        **{
            machine: best_marked([row["machines"].get(machine, math.nan) for row in shown])
            for machine in machines
        },
    }
    cells = [
        [
            row["experiment"],
            row["detector"],
            *(plain(row["settings"].get(key, ABSENT)) for key in keys),
            marked["AUC"][number],
            marked["pAUC"][number],
            *(
                with_bounds(
                    *(row[f"{name}_difference{end}"] for end in ("", "_low", "_high")), points
                )
                for name in MEASURES
            ),
            *(marked[machine][number] for machine in machines),
        ]
        for number, row in enumerate(shown)
    ]
    notes = [*_notes(rows, shown, confidence), *left_out]
    text = frozenset({"Experiment", "Detector"})
    return Table(f"Experiments against the baseline ({data})", columns, cells, notes, text)


def _folded(rows: Sequence[Mapping]) -> list[Mapping]:
    """Put each detector's experiments together, its baseline beneath; leave out what is the same.

    The detector whose experiment comes first in `rows` comes first. If no experiment changes any
    detector, the baseline is all there is to show.
    """
    changed = [row for row in rows if row["experiment"] != BASELINE and not row["unchanged"]]
    baseline = [row for row in rows if row["experiment"] == BASELINE]
    if not changed:
        return baseline
    detectors = dict.fromkeys(row["detector"] for row in changed)
    return [
        row
        for detector in detectors
        for group in (changed, baseline)
        for row in group
        if row["detector"] == detector
    ]


def _notes(rows: Sequence[Mapping], shown: Sequence[Mapping], confidence: float) -> list[str]:
    """Say how to read the table, and what is not in it: an interval, a difference, a row."""
    notes = [
        "AUC and pAUC in %: mean of machine types, each the mean of its machine IDs. Differences "
        "to the same detector of the baseline in percentage points, machine ID by machine ID, "
        f"with their {100 * confidence:g} % interval from a bootstrap over machine IDs. With few "
        "machine IDs such intervals are too narrow. The columns of machine types give the AUC.",
        "Bold: the best of the column. Choosing an experiment by these numbers uses test labels: "
        "what the best one reaches is an oracle's result.",
    ]
    compared = [row for row in shown if not math.isnan(row["auc_difference"])]
    if any(row["auc_difference_low"] is None for row in compared):
        fewest = min(row["n_ids"] for row in compared)
        notes.append(
            f"Some differences have no interval: it takes {LEAST_IDS} machine IDs "
            f"(the fewest here: {fewest}) and evaluation.bootstrap above 0."
        )
    if any(math.isnan(row["auc_difference"]) for row in shown if row["experiment"] != BASELINE):
        notes.append("No difference: the baseline has no AUC of this detector.")
    repeated = len(rows) - len(shown)
    if repeated:
        notes.append(
            f"{repeated} row(s) not shown: detectors that no experiment changes, or that one has "
            "as the baseline has them. They are in experiments.csv."
        )
    seen = {row["experiment"] for row in shown}
    same = sorted({row["experiment"] for row in rows} - seen)
    if same:
        notes.append(f"No detector differs from the baseline in: {', '.join(same)}.")
    return notes


def csv_rows(rows: Sequence[Mapping]) -> tuple[list[dict], list[str]]:
    """Return the rows of experiments.csv and its columns: shares, not percent; '' for none."""
    keys = _changed_keys(rows)
    machines = _machines(rows)
    numbers = [*MEASURES]
    for name in MEASURES:
        numbers += [f"{name}_difference{end}" for end in ("", "_low", "_high")]
    columns = ["experiment", "detector", *keys, *numbers, "n_ids"]
    columns += [f"auc_{machine}" for machine in machines]
    written = []
    for row in rows:
        entry = {"experiment": row["experiment"], "detector": row["detector"]}
        for key in keys:
            value = row["settings"].get(key, ABSENT)
            entry[key] = "" if value is ABSENT else plain(value)
        entry |= {name: _number(row[name]) for name in numbers}
        entry["n_ids"] = row["n_ids"]
        for machine in machines:
            entry[f"auc_{machine}"] = _number(row["machines"].get(machine))
        written.append(entry)
    return written, columns


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def figure_rows(rows: Iterable[Mapping]) -> list[dict]:
    """Return what `pygoodvibes.figures.experiments` draws: the rows with a difference."""
    return [
        {
            "experiment": row["experiment"],
            "changes": [f"{key} = {plain(value)}" for key, value in row["changes"].items()],
            "detector": row["detector"],
            **{
                f"{name}_difference{end}": row[f"{name}_difference{end}"]
                for name in MEASURES
                for end in ("", "_low", "_high")
            },
        }
        for row in rows
        if row["experiment"] != BASELINE
        and not row["unchanged"]
        and not math.isnan(row["auc_difference"])
    ]


def write_comparison(config_path: str, *, sort: str = "auc", all_commits: bool = False) -> Table:
    """Compare the experiments of the working folder's repository and write what comes out.

    Writes ``experiments.md``, ``experiments.csv`` and ``experiments.png`` to the folder of results.

    Parameters
    ----------
    config_path : str
        The config file whose experiments to compare, as DVC runs it.
    sort : str
        One of `SORTS`, or a machine type.
    all_commits : bool
        Also the experiments of other commits than HEAD.

    Returns
    -------
    Table
        The table written.

    Raises
    ------
    UserError
        If there is no git repository, no baseline or no experiment, or `sort` is unknown.
    """
    experiments = find_experiments(all_commits=all_commits)
    config = _config_of_baseline(config_path)
    baseline = _read_baseline(config_path, config.dataset.name)
    if not experiments:
        raise UserError(no_experiments(config_path, all_commits=all_commits))
    readable, left_out = _read_experiments(experiments, config_path, config.dataset.name)
    rows = compare(
        baseline,
        readable,
        resamples=config.evaluation.bootstrap,
        confidence=config.evaluation.confidence,
        seed=config.seed,
    )
    return _write(sort_rows(rows, sort), config, left_out)


def _config_of_baseline(config_path: str) -> Config:
    """Read the config from the last commit; a UserError says why that can't be done."""
    text = file_at("HEAD", config_path)
    if text is None:
        raise UserError(
            "{config_path}: not in the last commit; commit it, it is the baseline",
            config_path=config_path,
        )
    content = mapping_of(text)
    if content is None:
        raise UserError(
            "{config_path} of the last commit is no table of keys in YAML", config_path=config_path
        )
    return validate(content, name=f"{config_path} of the last commit")


def _read_baseline(config_path: str, dataset: str) -> Experiment:
    """Read the baseline from the last commit; a UserError says why that can't be done."""
    baseline, reason = read_experiment(BASELINE, "HEAD", config_path=config_path, dataset=dataset)
    if baseline is not None:
        return baseline
    if not reason.endswith("of it."):
        raise UserError("the last commit can't be compared with: {reason}", reason=reason)
    raise UserError(
        "the last commit has no results to compare with ({folder}/metrics.csv); make them "
        "with dvc repro and commit them with dvc.lock, and see that .gitignore leaves them to "
        "git",
        folder=pathlib.Path("results", dataset),
    )


def _read_experiments(
    revisions: Mapping[str, str], config_path: str, dataset: str
) -> tuple[list[Experiment], list[str]]:
    """Read experiments, given their revisions by name; return also why some are left out.

    A UserError says why, if all are.
    """
    read = [
        read_experiment(name, revision, config_path=config_path, dataset=dataset)
        for name, revision in revisions.items()
    ]
    readable = [experiment for experiment, _ in read if experiment is not None]
    left_out = [why for _, why in read if why]
    if not readable:
        raise UserError(
            "none of {experiments} experiment(s) can be compared; the first, {reason}",
            experiments=len(read),
            reason=left_out[0],
        )
    return readable, left_out


def _write(rows: Sequence[Mapping], config: Config, left_out: Sequence[str]) -> Table:
    """Write table (text and CSV) and figure to the folder of results; return the table."""
    data, confidence = config.dataset.title, config.evaluation.confidence
    table = comparison_table(rows, data=data, confidence=confidence, left_out=left_out)

    # matplotlib takes a second to load: only once there is something to draw
    from pygoodvibes.figures import style
    from pygoodvibes.figures.experiments import plot_experiments

    folder = pathlib.Path("results", config.dataset.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "experiments.md").write_text(table.markdown(), encoding="utf-8")
    write_records(folder / "experiments.csv", *csv_rows(rows))
    figure = plot_experiments(figure_rows(rows), confidence=confidence, title_suffix=data)
    style.save(figure, folder / "experiments.png")
    return table
