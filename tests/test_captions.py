"""Captions of report.html: each can be filled in, and calls the IDs of a data set what they are."""

import pathlib
import re
import types

import jinja2
import pytest

CAPTIONS = sorted((pathlib.Path(__file__).parents[1] / "report").glob("*.rst"))


def filled(path, unit):
    job = types.SimpleNamespace(
        wildcards={"machine": "fan", "id": "00", "detector": "knn"},
        params={},
        config={"unit": unit},
    )
    template = path.read_text(encoding="utf-8")
    return (
        jinja2.Environment(undefined=jinja2.StrictUndefined)
        .from_string(template)
        .render(snakemake=job)
    )


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_names_machine_ids_or_sections(path):
    of_ids, of_sections = (filled(path, unit) for unit in ("machine ID", "section"))
    assert not re.search(r"\bIDs?\b", of_sections)
    assert "section" not in of_ids
    assert of_sections.replace("section", "ID") == of_ids.replace("machine ID", "ID")


def test_a_caption_says_which_machine():
    [path] = [path for path in CAPTIONS if path.stem == "plot_deviation"]
    assert "Three test clips of fan ID 00," in filled(path, "machine ID")
    assert "Three test clips of fan section 00," in filled(path, "section")
