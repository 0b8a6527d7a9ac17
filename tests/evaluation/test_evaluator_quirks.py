import pathlib

import numpy as np
import pytest
from scipy.stats import gamma

from pygoodvibes.detection.threshold import threshold
from pygoodvibes.evaluation.evaluator_quirks import (
    batch_losses,
    first_half_mean,
    known_by_position,
)
from pygoodvibes.evaluation.truth import Truth
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError

FILE = pathlib.Path("scores.csv")
TRUTH = {
    ("fan", "03"): Truth(
        FILE, {"section_03_0001": (True, "target"), "section_03_0000": (False, "source")}, {}
    )
}


def test_the_first_name_gets_the_first_truth_whatever_it_is_called():
    protocol = protocol_of(2022)
    found = known_by_position(["b.wav", "a.wav"], ("fan", "03"), TRUTH, protocol, FILE)
    assert found == {"a.wav": (False, "source"), "b.wav": (True, "target")}
    one = known_by_position(["x.wav"], ("fan", "03"), TRUTH, protocol, FILE, "target")
    assert one == {"x.wav": (True, "target")}
    with pytest.raises(UserError, match="1 clips, but the ground truth has 2"):
        known_by_position(["a.wav"], ("fan", "03"), TRUTH, protocol, FILE)


def test_without_a_truth_the_names_tell():
    protocol = protocol_of(2022)
    name = "section_03_source_test_normal_0000.wav"
    assert known_by_position([name], ("fan", "04"), {}, protocol, FILE) == {name: (False, "source")}
    with pytest.raises(UserError, match="give it with --truth"):
        known_by_position(["section_03_0000.wav"], ("fan", "04"), {}, protocol, FILE)


def test_the_evaluator_of_2022_prints_section_03_alone():
    # its README prints 0.8204 for a machine type, which is the AUC of section 03
    assert first_half_mean([0.8204, 0.5, 0.6]) == pytest.approx(0.8204)
    assert first_half_mean([0.5, 1.0, 0.3, 0.2]) == pytest.approx(2 / 3)


def test_the_baseline_sets_its_threshold_on_batches():
    losses = np.random.default_rng(0).gamma(2.0, size=1050)
    means = batch_losses(losses, batch_size=256)
    parts = [losses[i : i + 256].mean() for i in range(0, 1050, 256)]
    assert means == pytest.approx(parts, rel=1e-12)
    wanted = gamma.ppf(0.9, *gamma.fit(np.array(parts)))
    found = threshold(means, false_alarm_rate=0.1, method="dcase")
    assert found == pytest.approx(wanted, rel=1e-9)
    assert found < threshold(losses, false_alarm_rate=0.1, method="dcase")
