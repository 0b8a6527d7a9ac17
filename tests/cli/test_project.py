import csv
import itertools
import pathlib
import statistics
import subprocess
import sys

import pytest

from pygoodvibes.cli.main import main
from pygoodvibes.documentation import readme


def test_a_valid_config_is_called_valid(root, capsys):
    assert main(["check", str(root / "config" / "config.yaml")]) == 0
    assert capsys.readouterr().out.endswith("config.yaml: valid\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset: [", "no valid YAML"),
        ("- a\n", "must be a table of keys"),
        ("", "must be a table of keys"),
        ("dataset:\n  name: x\n  source: synthetic\n", "detectors: this key is missing"),
        (None, "No such file"),
    ],
)
def test_a_bad_config_gets_one_sentence_and_exit_code_1(tmp_path, capsys, text, said):
    path = tmp_path / "bad.yaml"
    if text is not None:
        path.write_text(text)
    for name in ("check", "show"):
        assert main([name, str(path)]) == 1
        shown = capsys.readouterr().err
        assert shown.startswith(f"Error: {path}: ") and said in shown and shown.count("\n") == 1


def test_results_are_shown_with_their_places(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "dataset:\n  name: mine\n  source: synthetic\ndetectors:\n  lof: {}\n"
    )
    assert main(["show", "c.yaml"]) == 1
    assert "no results yet" in capsys.readouterr().err
    folder = tmp_path / "results" / "mine" / "tables"
    folder.mkdir(parents=True)
    (folder / "averages.md").write_text("## AUC\n\n| lof |\n")
    assert main(["show", "c.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "| lof |" in shown and "results/mine/figures" in shown and "report.html" not in shown
    (tmp_path / "results" / "mine" / "report.html").write_text("")
    main(["show", "c.yaml"])
    assert "results/mine/report.html" in capsys.readouterr().out
    assert "summary.html" not in shown
    (tmp_path / "results" / "mine" / "summary.html").write_text("")
    main(["show", "c.yaml"])
    shown = capsys.readouterr().out
    assert shown.index("results/mine/summary.html") < shown.index("| lof |")
    main(["report-path", "c.yaml"])
    assert capsys.readouterr().out == "results/mine/report.html\n"


AVERAGES = """## Title

| Detector | fan       | mean of types | mean of IDs |
| -------- | --------: | ------------: | ----------: |
| fusion   | 1.0 / 2.0 |   90.6 / 87.0 |   3.0 / 4.0 |
| knn      | 5.0 / 6.0 |   76.2 / 70.2 |   7.0 / 8.0 |

- note
"""


def test_a_page_takes_the_table_and_keeps_the_rest():
    text = f"above\n{readme.START}\nold\n{readme.END}\nbelow\n"
    new = readme.with_table(text, "\n| a |\n| - |\n\n- note\n")
    assert new == f"above\n{readme.START}\n| a |\n| - |\n\n- note\n{readme.END}\nbelow\n"
    assert readme.with_table(new, "| a |\n| - |\n\n- note") == new


def test_the_short_table_has_the_average_of_named_detectors_only():
    lines = readme.short_table(AVERAGES).splitlines()
    assert lines[2].startswith("| `fusion` |") and lines[2].endswith(" | 90.6 | 87.0 |")
    assert lines[3] == "" and "knn" not in "".join(lines)


def test_both_tables_and_the_figure_are_written(tmp_path):
    (tmp_path / "docs").mkdir()
    for page in ("README.md", readme.PAGE):
        (tmp_path / page).write_text(f"above\n{readme.START}\n{readme.END}\nbelow\n")
    for name, content in (("tables/averages.md", AVERAGES), ("figures/bars.png", "PNG")):
        path = tmp_path / readme.RESULTS / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
    readme.write(tmp_path)
    short = (tmp_path / "README.md").read_text()
    assert "| 90.6 | 87.0 |" in short and "knn" not in short and short.endswith("below\n")
    long = (tmp_path / readme.PAGE).read_text()
    assert f"{readme.START}\n| Detector" in long and "\n\n- note\n" in long and "knn" in long
    assert (tmp_path / readme.FIGURE).read_text() == "PNG"


def test_the_readme_starts_with_the_two_commands(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.index("make results") < text.index("make test") < 400
    assert (root / readme.FIGURE).is_file()


def generated(path: pathlib.Path) -> str:
    text = path.read_text(encoding="utf-8")
    assert text.count(readme.START) == 1
    return text.partition(readme.START)[2].partition(readme.END)[0]


def test_both_tables_are_up_to_date(root):
    """Git tracks the metrics of machine IDs, not the table of averages that is made of them."""
    with (root / readme.RESULTS / "metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = list(csv.DictReader(file))
    machines = list(dict.fromkeys(row["machine"] for row in metrics))
    head, _, *rows = (
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in readme.table_rows(generated(root / readme.PAGE))
    )
    assert head == ["Detector", *machines, readme.AVERAGE, "mean of IDs", "harmonic mean of IDs"]
    assert [row[0] for row in rows] == list(dict.fromkeys(row["detector"] for row in metrics))
    for name, *cells in rows:
        for place, measure in enumerate(("auc", "pauc")):
            shown = [float(cell.split(" / ")[place]) / 100 for cell in cells]
            of_type = {machine: [] for machine in machines}
            for row in metrics:
                if row["detector"] == name:
                    of_type[row["machine"]].append(float(row[measure]))
            of_ids = list(itertools.chain.from_iterable(of_type.values()))
            means = [statistics.mean(values) for values in of_type.values()]
            means += [statistics.mean(means), statistics.mean(of_ids)]
            means.append(statistics.harmonic_mean(of_ids))
            assert shown == pytest.approx(means, abs=0.00051), (name, measure, "run make docs")
    short = generated(root / "README.md")
    assert short.strip() == readme.short_table(generated(root / readme.PAGE)), "run make docs"
    assert all(f"| `{name}` |" in short for name in readme.SHORT) and len(readme.SHORT) <= 6


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_standard_output_is_one_sentence(root):
    command = [sys.executable, "-m", "pygoodvibes", "check", root / "config" / "config.yaml"]
    with pathlib.Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr == "Error: No space left on device\n"
