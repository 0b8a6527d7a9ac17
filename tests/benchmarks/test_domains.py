"""The comparison of detectors that know domains, on few clips."""

import importlib.util
import pathlib

import numpy as np
import pytest

from pygoodvibes.config.validate import validate

PLACE = pathlib.Path(__file__).parents[2] / "benchmarks" / "domains.py"


@pytest.fixture(scope="module")
def domains():
    spec = importlib.util.spec_from_file_location("benchmark_domains", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_detector_is_scored_at_every_strength_and_in_both_domains(domains):
    content = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": domains.DETECTORS}
    settings = validate(content).model_dump(mode="json")
    sizes = {"train_clips": 18, "target_train_clips": 6}
    sizes |= {"test_normal_clips": 4, "test_anomaly_clips": 4}
    rows = domains.measured([("valve", "04", 0)], settings=settings, sizes=sizes, seconds=1.0)
    assert {row["shift"] for row in rows} == {"none", "mild", "strong"}
    assert len(rows) == 3 * (len(domains.DETECTORS) + 1)
    assert all(0 <= row[name] <= 1 for row in rows for name in domains.MEASURES)
    assert domains.tables(rows).count("`domain_knn`") == 3


def test_detectors_that_see_supplemental_recordings_are_set_against_their_controls(domains):
    detectors = {**domains.NOT_SEEING, **domains.SEEING}
    content = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": detectors}
    rows = domains.measured(
        [("fan", "04", 0)],
        settings=validate(content).model_dump(mode="json"),
        sizes=dict.fromkeys(("train_clips", "target_train_clips"), 9)
        | dict.fromkeys(("test_normal_clips", "test_anomaly_clips"), 4),
        seconds=1.0,
        supplemental=5,
    )
    names = {name for pair in domains.SUPPLEMENTAL_PAIRS for name in pair}
    assert {row["detector"] for row in rows} == names
    assert len(rows) == 3 * len(names)
    table = domains.tables(rows, domains.SUPPLEMENTAL_PAIRS)
    assert table.count("`nuisance_knn_noise`") == 1 + 4


def test_differences_are_taken_in_pairs_of_sections(domains):
    rows = [
        {"machine": machine, "section": "00", "seed": 0, "shift": "mild", "detector": detector}
        | {"auc_target": value + gain, "auc_source": value}
        for machine, value in (("fan", 0.5), ("pump", 0.8))
        for detector, gain in (
            *((name, 0.1) for name in dict.fromkeys(name for name, _ in domains.PAIRS)),
            *((name, 0.0) for name in dict.fromkeys(name for _, name in domains.PAIRS)),
        )
    ]
    table = domains.tables(rows)
    assert "| `knn` | 65.0 | 65.0 |" in table
    # no section differs from another, though their AUCs do
    assert "`domain_knn` | `knn` | +10.0 (+10.0 to +10.0) | +0.0 (+0.0 to +0.0)" in table


def test_the_interval_of_a_mean_is_where_resampled_means_lie(domains):
    values = np.random.default_rng(0).normal(1.0, 1.0, 100)
    low, high = domains.interval(values)
    assert low == pytest.approx(values.mean() - 0.196, abs=0.03)
    assert high == pytest.approx(values.mean() + 0.196, abs=0.03)
