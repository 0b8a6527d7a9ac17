import sys
import time

import numpy as np
import pytest

from pygoodvibes.detection import cost
from pygoodvibes.detection.cost import INTERVAL, Cost, Meter, write_cost
from pygoodvibes.detection.fit import detect
from pygoodvibes.detectors import knn, lof
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.util.csv_files import read_records


@pytest.fixture
def clock(monkeypatch):
    """Processor seconds that pass when told to."""
    now = [100.0]
    monkeypatch.setattr(cost.time, "process_time", lambda: now[0])

    def spend(seconds):
        now[0] += seconds

    return spend


def test_fits_and_scorings_are_measured_apart(clock):
    with Meter() as meter:
        for _ in range(2):
            with meter.fit():
                clock(1.5)
        clock(8)
        with meter.score(7):
            clock(0.25)
    cost = meter.cost()
    assert (cost.fits, cost.fit_seconds) == (2, 3.0)
    assert (cost.clips, cost.score_seconds) == (7, 0.25)


def test_a_fit_that_fails_counts_its_seconds_and_no_fit(clock):
    with Meter() as meter, pytest.raises(ValueError, match="no"), meter.fit():
        clock(2)
        raise ValueError("no")
    assert (meter.cost().fits, meter.cost().fit_seconds) == (0, 2.0)


def test_memory_is_the_largest_growth():
    with Meter() as meter:
        values = np.ones(8_000_000)  # 61 MiB
        time.sleep(10 * INTERVAL)
        del values
    assert 50 < meter.cost().memory_mib < 90


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the C library of Linux")
def test_memory_that_others_have_left_free_counts():
    # pieces too small for the system to map them one by one stay with the process when freed
    pieces = [np.ones(4096) for _ in range(2000)]
    last = np.ones(4096)
    del pieces
    with Meter() as meter:
        again = [np.ones(4096) for _ in range(2000)]
        time.sleep(10 * INTERVAL)
    assert len(again) + len(last)
    assert meter.cost().memory_mib > 50


def test_a_detection_tells_its_cost():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(40, 5)), rng.normal(size=(12, 5))
    folds = fold_clips(40, folds=4, seed=0)
    settings = lof.Settings(method="lof")
    result = detect(train, test, folds, settings, seed=0)
    assert (result.cost.fits, result.cost.clips) == (4, 52)
    assert result.cost.fit_seconds > 0
    assert result.cost.score_seconds > 0
    few = detect(train[:2], test, folds, knn.Settings(method="knn"), seed=0)
    assert few.cost is None


def test_costs_are_written_a_row_a_detector(tmp_path):
    write_cost(tmp_path / "c.csv", {"lof": Cost(6, 1.23456, 110, 0.5, 12.34)})
    assert read_records(tmp_path / "c.csv") == [
        {
            "detector": "lof",
            "fits": "6",
            "fit_seconds": "1.2346",
            "clips": "110",
            "score_seconds": "0.5000",
            "memory_mib": "12.3",
        }
    ]
