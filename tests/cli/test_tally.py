import pytest

from pygoodvibes.cli.tally import ANOMALOUS, NORMAL, UNTOLD, Tally
from pygoodvibes.monitoring.score_files import Record


def test_exit_codes_are_those_that_scripts_know():
    assert (NORMAL, ANOMALOUS, UNTOLD) == (0, 3, 4)


@pytest.mark.parametrize(
    ("verdicts", "said", "code"),
    [
        (["normal", "normal"], "2 clip(s): 0 anomalous, 2 normal, 0 not scored", NORMAL),
        (
            ["normal", "anomalous", "not scored"],
            "3 clip(s): 1 anomalous, 1 normal, 1 not",
            ANOMALOUS,
        ),
        (["undecided", "normal"], "2 clip(s): 0 anomalous, 1 undecided, 1 normal, 0 not", UNTOLD),
        (["normal", "not scored"], "2 clip(s): 0 anomalous, 1 normal, 1 not scored", UNTOLD),
    ],
)
def test_clips_are_counted_by_their_worst_verdict(verdicts, said, code):
    tally = Tally(windows=False)
    for number, verdict in enumerate(verdicts):
        tally.add([Record(f"{number}.wav", "pump", "knn", verdict=verdict)])
    assert tally.said().startswith(said) and tally.code == code and tally.several
