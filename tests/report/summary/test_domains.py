import pytest

from pygoodvibes.report.summary.domains import (
    by_false_alarms,
    in_both_domains,
    where_false_alarms_differ,
)
from pygoodvibes.report.summary.machines import InDomain, Machine
from pygoodvibes.report.summary.verdicts import VERDICTS


def section(name, *, source, target):
    """Return a section with so many of 50 normal clips of each domain above the threshold."""
    return Machine(
        machine=name,
        id="01",
        verdict=VERDICTS["partly"],
        **dict.fromkeys(("auc", "low", "high"), 0.8),
        found=80,
        alarms=source + target,
        n_train=400,
        n_normal=100,
        n_anomaly=100,
        note="",
        unit="section",
        domains=(InDomain("source", source, 396, 50), InDomain("target", target, 4, 50)),
    )


def test_the_section_whose_false_alarms_are_one_domains_is_named_in_a_sentence():
    [said] = where_false_alarms_differ(
        [section("fan", source=5, target=4), section("ToyCar", source=5, target=35)], 0.95
    )
    assert said == (
        "False alarms of ToyCar section 01 differ by domain: 35 of 50 normal clips of the target "
        "domain raised one (70 of 100), but 5 of 50 normal clips of the source domain (10 of 100)."
    )


def test_of_several_sections_the_one_that_differs_most_is_told():
    sections = [section("fan", source=30, target=2), section("ToyCar", source=1, target=40)]
    [said] = where_false_alarms_differ(sections, 0.95)
    assert said.startswith(
        "False alarms differ by domain in 2 sections, most in ToyCar section 01: 40 of 50"
    )


@pytest.mark.parametrize(("source", "target", "more"), [(5, 9, None), (2, 30, 1), (30, 2, 0)])
def test_a_domain_has_clearly_more_only_if_the_intervals_do_not_meet(source, target, more):
    machine = section("fan", source=source, target=target)
    pair = by_false_alarms(machine, 0.95)
    if more is None:
        assert pair is None and where_false_alarms_differ([machine], 0.95) == []
    else:
        assert pair == (machine.domains[more], machine.domains[1 - more])


def test_both_domains_are_told_with_clips_scores_and_false_alarms():
    sections = [section("fan", source=5, target=4), section("ToyCar", source=5, target=35)]
    said = " ".join(in_both_domains(sections, {"source": 0.83, "target": 0.79}, 0.95))
    assert "792 of the clips to learn from are of the source domain and 8 of the target" in said
    assert "higher score in 83 of 100 pairs, and against those of the target domain in 79" in said
    assert "10 of 100 normal clips of the source domain raised an alarm (10 of 100), and 39" in said
    assert "Clearly more in the target domain: ToyCar section 01." in said
    alike = " ".join(in_both_domains(sections[:1], {}, 0.95))
    assert "No section has clearly more" in alike and "higher score" not in alike


def test_without_domains_nothing_is_said():
    machine = Machine("fan", "00", VERDICTS["partly"], 0.8, 0.7, 0.9, 8, 1, 60, 20, 20, "")
    assert machine.name == "fan ID 00"
    assert where_false_alarms_differ([machine], 0.95) == []
    assert in_both_domains([machine], {}, 0.95) == []
