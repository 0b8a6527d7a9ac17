"""The measurement of the choice by attributes, on few clips."""

import importlib.util
import pathlib
import sys

import pytest
import yaml

from pygoodvibes.choice.indicators import INDICATORS
from pygoodvibes.config.validate import validate

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def pseudo_classes():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        spec = importlib.util.spec_from_file_location(
            "benchmark_pseudo_classes", FOLDER / "pseudo_classes.py"
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
        sys.modules.pop("domains", None)


def test_default_choice_and_oracle_are_measured(pseudo_classes):
    content = yaml.safe_load(pseudo_classes.CONFIG.read_text(encoding="utf-8"))
    content["dataset"] = {"name": "x", "source": "synthetic"}
    content["detectors"] = {"fusion": {}, "domain_knn": {}}
    settings = validate(content).model_dump(mode="json")
    sizes = {"train_clips": 60, "target_train_clips": 4}
    sizes |= {"test_normal_clips": 6, "test_anomaly_clips": 6}
    [row] = pseudo_classes.measured(
        [("valve", "04", 0)], settings=settings, sizes=sizes, seconds=1.0
    )
    for what in (pseudo_classes.DEFAULT, pseudo_classes.CHOICE, pseudo_classes.ORACLE):
        assert all(0 <= row[what][name] <= 1 for name in pseudo_classes.MEASURES)
    oracle, default = row[pseudo_classes.ORACLE], row[pseudo_classes.DEFAULT]
    assert oracle["official"] >= default["official"]
    if not row["acted"]:
        assert row[pseudo_classes.CHOICE] == default
    # attributes stand in, so that what they tell is known
    assert all(-1 <= row[name] <= 1 for name in INDICATORS if name.startswith("stand_in"))


def test_the_difference_is_taken_in_pairs(pseudo_classes):
    rows = []
    for value in (0.5, 0.8):
        of_one = dict.fromkeys(pseudo_classes.MEASURES, value)
        better = {name: each + 0.1 for name, each in of_one.items()}
        rows.append({"acted": value > 0.6, pseudo_classes.DEFAULT: of_one})
        rows[-1] |= {pseudo_classes.CHOICE: better, pseudo_classes.ORACLE: better}
        rows[-1] |= dict.fromkeys(INDICATORS, 0.25) | {"burstiness": float("nan")}
    table = pseudo_classes.tables(rows)
    assert "| choice - fixed default | +10.0 (+10.0 to +10.0) |" in table
    assert "1 of 2 sections" in table
    assert "| stand_in_auc | +0.25 (+0.25 to +0.25) |" in table
    assert "| burstiness | unknown |" in table
