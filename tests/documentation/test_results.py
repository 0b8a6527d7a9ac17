import csv
import itertools
import statistics

import pytest

from pygoodvibes.documentation import results

AVERAGES = """| Detector | fan       | mean of types | mean of IDs |
| -------- | --------: | ------------: | ----------: |
| fusion   | 1.0 / 2.0 |   90.6 / 87.0 |   3.0 / 4.0 |
| knn      | 5.0 / 6.0 |   76.2 / 70.2 |   7.0 / 8.0 |

- note
"""


def test_the_short_table_has_the_average_of_named_detectors_only():
    lines = results.short_table(AVERAGES).splitlines()
    assert lines[2].startswith("| `fusion` |") and lines[2].endswith(" | 90.6 | 87.0 |")
    assert lines[3] == "" and "knn" not in "".join(lines)


def test_the_figure_of_readme_is_copied(tmp_path):
    (tmp_path / "docs").mkdir()
    path = tmp_path / results.RESULTS / "figures/bars.png"
    path.parent.mkdir(parents=True)
    path.write_text("PNG")
    results.copy_figure(tmp_path)
    assert (tmp_path / results.FIGURE).read_text() == "PNG"


def test_the_readme_starts_with_the_two_commands(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.index("make results") < text.index("make test") < 400
    assert (root / results.FIGURE).is_file()


def test_the_long_table_has_the_means_of_the_metrics_that_git_tracks(root):
    with (root / results.RESULTS / "metrics.csv").open(encoding="utf-8", newline="") as file:
        metrics = list(csv.DictReader(file))
    machines = list(dict.fromkeys(row["machine"] for row in metrics))
    table = results.long_table(root)
    head, _, *rows = (
        [cell.strip() for cell in row.split("|")[1:-1]] for row in results.table_rows(table)
    )
    assert head == ["Detector", *machines, results.AVERAGE, "mean of IDs", "harmonic mean of IDs"]
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
            assert shown == pytest.approx(means, abs=0.00051), (name, measure)
    short = results.short_table(table)
    assert all(f"| `{name}` |" in short for name in results.SHORT) and len(results.SHORT) <= 6
