import argparse

import pytest

from pygoodvibes.cli import score_arguments


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser("score")
    score_arguments.add_arguments(parser)
    return parser


def test_what_is_not_given_has_its_default(parser):
    found = parser.parse_args(["a.pgv", "b.wav"])
    assert found.path == ["a.pgv", "b.wav"]
    assert (found.order, found.settle, found.run_length) == ("score", 2.0, 500)
    assert found.false_alarm_rate is found.threshold is found.alarm is None


def test_values_are_read_as_what_they_are(parser):
    found = parser.parse_args(
        ["--false-alarm-rate", "5%", "--alarm", "3/5", "--stream-rate", "8000"]
    )
    assert (found.false_alarm_rate, found.alarm, found.stream_rate) == (0.05, (3, 5), 8000)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (["--threshold", "1", "--false-alarm-rate", "0.1"], "not allowed with"),
        (["--alarm", "6/5"], "not like 3/5"),
        (["--window", "0"], "no number above 0"),
        (["--stream-rate", "0"], "less than 1"),
    ],
)
def test_what_can_not_be_is_told(parser, wrong, reason, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(wrong)
    assert reason in capsys.readouterr().err


def test_the_help_names_every_exit_code(parser):
    codes = parser.format_help().rpartition("exit code:")[2]
    assert {"0", "1", "2", "3", "4"} <= set(codes.split())
