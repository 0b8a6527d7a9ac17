import io

import pytest

from pygoodvibes.monitoring import score_files
from pygoodvibes.monitoring.output import Json, JsonLines, Text, clock, one_in


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_no_document_is_written_with_a_number_that_json_has_not(number):
    record = score_files.Record("a.wav", "pump", "knn", score=number)
    document = Json(io.StringIO(), [], [])
    document.write(record)
    for write in (document.close, lambda: JsonLines(io.StringIO()).write(record)):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write()


@pytest.mark.parametrize(
    ("share", "said"), [(1 / 21, "1 in 21"), (0.4, "1 in 2.5"), (1.0, "1 in 1"), (0.02, "1 in 50")]
)
def test_rarity_is_said_in_words(share, said):
    assert one_in(share) == said


def test_times_are_read_like_a_clock():
    assert [clock(value) for value in (0, 61.25, 3600.1, 0.3)] == [
        "0:00:00.0",
        "0:01:01.2",
        "1:00:00.1",
        "0:00:00.3",
    ]


@pytest.mark.parametrize(
    ("terminal", "environment", "coloured"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_a_terminal_shows_what_is_undecided_in_amber(monkeypatch, terminal, environment, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "100")
    file = io.StringIO()
    file.isatty = lambda: terminal
    lines = Text(file, clips=["a.wav"], models=["pump"])
    for verdict in ("anomalous", "undecided", "normal"):
        lines.write(
            score_files.Record(
                "a.wav", "pump", "knn", score=1.0, threshold=2.0, verdict=verdict, p_value=0.5
            )
        )
    shown = file.getvalue()
    assert ("\x1b[33mundecided " in shown) == coloured
    assert shown.count("\x1b[0m") == (3 if coloured else 0)
    # columns stand where they stood
    plain = shown.replace("\x1b[0m", "")
    for colour in (31, 32, 33):
        plain = plain.replace(f"\x1b[{colour}m", "")
    assert len({line.index("1 in 2") for line in plain.splitlines()[1:]}) == 1


def test_a_table_is_no_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    name = "recordings/hall-3/pump-7/2026-11-28/morning-shift/anomaly_00000002.wav"

    def shown(terminal, clip):
        file = io.StringIO()
        file.isatty = lambda: terminal
        lines = Text(file, clips=[clip], models=["pump"])
        numbers = {"score": 1.0, "threshold": 2.0, "verdict": "normal", "p_value": 0.05}
        lines.write(score_files.Record(clip, "pump", "knn", **numbers))
        return file.getvalue().splitlines()

    heading, line = shown(True, name)
    assert len(heading) <= 80 and len(line) <= 80
    assert heading.endswith("as high") and line.startswith("…")
    assert "/anomaly_00000002.wav  " in line and line.endswith("1 in 20")
    heading, line = shown(False, name)
    assert name in line and heading.endswith("normal clips as high")
    assert shown(True, "a.wav") == shown(False, "a.wav")
