"""DVC's experiments, as git keeps them: metrics and config of each."""

import csv
import dataclasses
import io
import os
import pathlib
import subprocess
from collections.abc import Mapping, Sequence

import yaml

from pygoodvibes.experiments.settings_diff import flat
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

MEASURES = ("auc", "pauc")


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment, or the baseline.

    Attributes
    ----------
    name : str
        DVC's name of it.
    settings : mapping
        Its settings by dotted key, from `flat`.
    metrics : sequence of mapping
        Rows of its metrics.csv, values as text.
    """

    name: str
    settings: Mapping[str, object]
    metrics: Sequence[Mapping[str, str]]


def _git(*arguments: str) -> str:
    """Run git in the working folder."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except OSError:
        raise UserError("git is not installed; experiments are kept by git and DVC") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise UserError(
            "git {command}: {reason}",
            command=arguments[0],
            reason=said[-1] if said else message("failed"),
        )
    return done.stdout


def file_at(revision: str, path: str) -> str | None:
    """Return a file of a revision, None if it has none of that name."""
    name = f"{revision}:./{pathlib.PurePath(os.path.relpath(path)).as_posix()}"
    done = subprocess.run(["git", "show", name], capture_output=True, check=False)
    return None if done.returncode else done.stdout.decode("utf-8", errors="replace")


def find_experiments(*, all_commits: bool = False) -> dict[str, str]:
    """Return revision by name of DVC's experiments in the working folder's repository.

    DVC keeps each experiment as the commit ``refs/exps/<baseline, split after two>/<name>``.

    Parameters
    ----------
    all_commits : bool
        Those of any commit, not only of HEAD; names that two commits have get the commit's hash.
    """
    head = _git("rev-parse", "HEAD").strip()
    listed = _git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps/")
    revisions: dict[str, str] = {}
    for line in listed.splitlines():
        revision, _, reference = line.partition(" ")
        first, rest, *name = reference.removeprefix("refs/exps/").split("/", 2)
        commit = first + rest
        # exec, celery and stash are DVC's own
        if not name or len(first) != 2 or (commit != head and not all_commits):
            continue
        revisions[name[0] if name[0] not in revisions else f"{name[0]} ({commit[:7]})"] = revision
    return revisions


def mapping_of(text: str | None) -> Mapping | None:
    try:
        content = yaml.safe_load(text or "")
    except yaml.YAMLError:
        return None
    return content if isinstance(content, Mapping) else None


def read_experiment(
    name: str, revision: str, *, config_path: str, dataset: str
) -> tuple[Experiment | None, str]:
    """Read an experiment, or say why it can't be compared.

    Parameters
    ----------
    name, revision : str
        From `find_experiments`.
    config_path : str
        The config file.
    dataset : str
        Name of the data set whose results to read.

    Returns
    -------
    tuple of (Experiment or None, str)
        The reason is '' where there is an experiment.
    """
    config = mapping_of(file_at(revision, config_path))
    if config is None:
        return None, message(
            "{name}: left out, it has no {path} that can be read.", name=name, path=config_path
        )
    named = (config.get("dataset") or {}).get("name")
    if named != dataset:
        return None, message(
            "{name}: left out, its data set is {dataset}.", name=name, dataset=named
        )
    path = f"results/{dataset}/metrics.csv"
    text = file_at(revision, path)
    if text is None:
        return None, message("{name}: left out, git has no {path} of it.", name=name, path=path)
    rows = list(csv.DictReader(io.StringIO(text)))
    needed = {"machine", "id", "detector", *MEASURES}
    if not rows or any(None in row.values() for row in rows) or needed - set(rows[0]):
        return None, message(
            "{name}: left out, its {path} is no table of metrics.", name=name, path=path
        )
    return Experiment(name, {**flat(config), **_what_went_in(revision)}, rows), ""


def _what_went_in(revision: str) -> dict[str, str]:
    """Return the hashes of data and code that DVC noted: they differ as settings do."""
    lock = mapping_of(file_at(revision, "dvc.lock")) or {}
    results = (lock.get("stages") or {}).get("results") or {}
    return {
        dependency["path"]: str(dependency.get("md5", ""))[:7]
        for dependency in results.get("deps", ())
        if dependency["path"].startswith(("data/", "rules", "scripts", "Snakefile"))
    }


def no_experiments(config_path: str, *, all_commits: bool) -> str:
    others = 0 if all_commits else len(find_experiments(all_commits=True))
    if others:
        return message(
            "no experiments of this commit yet ({others} of other commits: --all-commits shows "
            "them); make one with: dvc exp run -S {path}:projection.n_components=0.9",
            others=others,
            path=config_path,
        )
    return message(
        "no experiments of this commit yet; make one with: dvc exp run -S "
        "{path}:projection.n_components=0.9",
        path=config_path,
    )
