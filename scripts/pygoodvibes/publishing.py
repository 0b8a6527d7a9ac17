"""The files that leave the workflow: figures, and the official score and decision files."""

import json
import pathlib
import shutil
from collections.abc import Iterable

from pygoodvibes import official


def copy_files(files: Iterable[str], source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy files to the same places below another folder, as files even where they are links."""
    for file in files:
        place = target / pathlib.Path(file).relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def write_official(evaluations: Iterable[str], target: pathlib.Path) -> None:
    """Write the score and decision file of each machine ID and detector.

    Parameters
    ----------
    evaluations : iterable of str
        JSON documents from `pygoodvibes.evaluation.evaluate_machine_id`.
    target : pathlib.Path
        Folder for `<detector>/anomaly_score_<machine>_id_<id>.csv` and
        `<detector>/decision_result_<machine>_id_<id>.csv`.
    """
    for path in evaluations:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        machine, machine_id = document["machine"], document["id"]
        for detector, values in document["test"].items():
            folder = target / detector
            folder.mkdir(parents=True, exist_ok=True)
            official.write(folder / official.score_file(machine, machine_id), values["scores"])
            official.write(
                folder / official.decision_file(machine, machine_id), values["decisions"]
            )
