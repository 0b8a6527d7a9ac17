"""Tables of data sets with domains, and the words for sections."""

from pygoodvibes.evaluation.averages import AVERAGE_COLUMNS
from pygoodvibes.evaluation.domains import (
    AVERAGED_BY_DOMAIN,
    DOMAIN_COLUMNS,
    OFFICIAL_BOUNDS,
    with_domains,
)
from pygoodvibes.evaluation.evaluate import COLUMNS
from pygoodvibes.report.domain_tables import (
    clips_of_domains_table,
    decisions_table,
    domains_table,
    has_domains,
    official_table,
)
from pygoodvibes.report.table import NOTHING

METRIC = {
    **dict.fromkeys(with_domains(COLUMNS, DOMAIN_COLUMNS), ""),
    "machine": "fan",
    "id": "00",
    "detector": "knn",
    "threshold": "1.5",
    "pauc": "0.6",
    **{"auc_source": "0.9", "auc_source_low": "0.85", "auc_source_high": "0.95"},
    **{"auc_target": "0.7", "official": "0.71", "sensitivity_target": "0.25", "f1_source": "0.5"},
}
AVERAGE = {
    **dict.fromkeys((*AVERAGE_COLUMNS, *AVERAGED_BY_DOMAIN, *OFFICIAL_BOUNDS), ""),
    **{"detector": "knn", "over": "IDs", "mean": "harmonic", "pauc": "0.6"},
    **{"official": "0.71", "official_low": "0.7", "official_high": "0.72", "auc_source": "0.9"},
}


def clip(name, **more):
    return {
        **{"machine": "fan", "id": "00", "split": "train", "label": "normal", "status": "ok"},
        "clip": name,
        "domain": "source",
        **more,
    }


def cells(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_the_official_score_stands_with_its_interval_and_its_parts():
    others = [{**AVERAGE, "mean": "arithmetic"}, {**AVERAGE, "over": "types"}]
    [row] = cells(official_table([*others, AVERAGE], data="test data", confidence=0.95))
    assert row["Official score"] == "71.0 [70.0, 72.0]"
    assert (row["AUC source"], row["AUC target"], row["pAUC"]) == ("90.0", NOTHING, "60.0")


def test_a_section_has_a_row_a_detector_with_both_domains():
    without = {**METRIC, "id": "01", "auc_source": "", "auc_target": ""}
    [row] = cells(domains_table([METRIC, without], data="test data", confidence=0.95))
    assert row["Section"] == "00"
    assert row["AUC source"] == "90.0 [85.0, 95.0]"
    assert row["AUC target"] == "70.0"
    assert row["Official"] == "71.0"


def test_decisions_are_told_per_domain():
    [row] = cells(decisions_table([METRIC, {**METRIC, "threshold": ""}], data="test data"))
    assert row["Sensitivity target"] == "25.0"
    assert row["F1 source"] == "50.0"
    assert row["Specificity source"] == NOTHING


def test_clips_are_counted_per_domain_and_those_of_hidden_domains_told():
    rows = [
        clip("a"),
        clip("b", domain="target"),
        clip("c", status="broken"),
        clip("d", split="test", label="unknown", domain=""),
    ]
    table = clips_of_domains_table(rows, data="test data")
    [row] = cells(table)
    assert (row["Train source"], row["Train target"], row["Test unknown source"]) == (1, 1, 0)
    assert table.notes == ["Of 1 clips the domain is not known."]
    assert clips_of_domains_table([clip("a", domain="")], data="test data") is None


def test_only_rows_with_these_columns_have_domains():
    assert has_domains([METRIC])
    assert not has_domains([dict.fromkeys(COLUMNS, "")])
    assert not has_domains([])
