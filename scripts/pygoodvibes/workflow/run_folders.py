"""Where the files of a data set lie that has been run: clips, what is computed, and results."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.registry import dataset_of
from pygoodvibes.detectors.combined import list_scored
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.paths import locate

NEEDED = ("manifest.csv", "metrics.csv", "averages.csv", "sweep.csv", "roc.csv", "provenance.json")
"""Files of results/<data set> that a finished run leaves."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A data set that has been run.

    Attributes
    ----------
    name : str
        Name of the data set.
    results, resources : pathlib.Path
        Its two folders.
    config : mapping
        The whole config that the results were made with.
    """

    name: str
    results: pathlib.Path
    resources: pathlib.Path
    config: Mapping

    @property
    def detectors(self) -> list[str]:
        """Return the names of all that has results: the default, and the order of the config."""
        return list_scored(self.config.get("default_detector"), self.config["detectors"])

    @property
    def dataset(self) -> Dataset:
        """Return what the config says of the data set."""
        return dataset_of(self.config["dataset"])

    def clip_path(self, path: str) -> pathlib.Path:
        """Return the place of a clip, given its path in the manifest."""
        return locate(self.dataset.folder) / path

    def of_id(self, kind: str, machine: str, machine_id: str, ending: str) -> pathlib.Path:
        """Return a file of a machine ID in a folder of resources, e.g. `kind` 'mel'."""
        return self.resources / kind / machine / f"{machine_id}{ending}"


def find_runs(root: pathlib.Path) -> tuple[list[str], dict[str, list[str]]]:
    """Find the data sets below a folder of the project that have results.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.

    Returns
    -------
    finished : list of str
        Names of those that are complete, latest run first.
    incomplete : dict of str to list of str
        By name, the files that the others lack.
    """
    finished, incomplete = [], {}
    for folder in sorted(path for path in (root / "results").glob("*") if path.is_dir()):
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            incomplete[folder.name] = missing
        else:
            finished.append((-(folder / "provenance.json").stat().st_mtime_ns, folder.name))
    return [name for _, name in sorted(finished)], incomplete


def open_run(root: pathlib.Path, name: str) -> Run:
    """Open the results of a data set.

    Raises
    ------
    UserError
        If the config that they were made with can't be read.
    """
    results = root / "results" / name
    try:
        config = json.loads((results / "provenance.json").read_text(encoding="utf-8"))["config"]
        config["detectors"], config["dataset"]["source"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            "{path}: no readable provenance; make the results again",
            path=results / "provenance.json",
        ) from None
    return Run(name, results, root / "resources" / name, config)
