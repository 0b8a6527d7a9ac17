"""What Snakemake does not check of the rules: names, and what a kept output depends on."""

import re

import pytest
import yaml


@pytest.fixture(scope="module")
def rules(root):
    """Return the text of each rule by its name."""
    text = "\n".join(path.read_text() for path in sorted((root / "rules").glob("*.smk")))
    parts = re.split(r"^ *(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_each_rule_has_the_script_of_its_name_and_each_script_its_rule(root, rules):
    for name, text in rules.items():
        assert re.findall(r'script:\s+"(.*)"', text) == [f"../scripts/{name}.py"]
    assert {path.stem for path in (root / "scripts").glob("*.py")} == set(rules)


def test_each_rule_names_its_code_so_that_an_edited_module_runs_it_again(rules):
    for name, text in rules.items():
        assert re.search(rf'code=(lambda wildcards: )?code\(\s*"{name}"', text), name


def test_each_rule_has_a_log_a_message_and_its_memory(rules):
    for name, text in rules.items():
        for directive in ("log:", "message:", "mem_mb=", "conda:"):
            assert directive in text, (name, directive)


def test_scripts_whose_outputs_are_kept_take_nothing_from_wildcards(root, rules):
    kept = yaml.safe_load((root / "profiles/default/config.yaml").read_text())["cache"]
    assert set(kept) < set(rules)
    for name in kept:
        # the key of a kept output holds params and inputs, not wildcards
        text = (root / "scripts" / f"{name}.py").read_text()
        assert "wildcards" not in text, name
        assert "benchmark:" not in rules[name], name  # Snakemake refuses both together


def test_what_people_read_is_never_a_link_to_a_kept_output(root, rules):
    kept = yaml.safe_load((root / "profiles/default/config.yaml").read_text())["cache"]
    for name, text in rules.items():
        outputs = text.partition("output:")[2].partition("log:")[0]
        assert ("RESULTS" in outputs) <= (name not in kept), name
