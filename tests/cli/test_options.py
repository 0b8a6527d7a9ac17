import pytest


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--alarm=6/5", "6/5 is not like 3/5"),
        ("--alarm=abc", "abc is not like 3/5"),
        ("--false-alarm-rate=2", "2 does not lie between 0 and 1"),
        ("--false-alarm-rate=100%", "100% does not lie between 0 and 1"),
        ("--false-alarm-rate=few", "few is no share such as 0.05 or 5%"),
        ("--threshold=nan", "nan is no finite number"),
        ("--threshold=inf", "inf is no finite number"),
        ("--hop=0", "0 is no number above 0"),
        ("--window=long", "long is no finite number"),
        ("--settle=-1", "-1 is less than 0"),
        ("--jobs=1.5", "1.5 is no whole number"),
        ("--what", "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(run, capsys, option, said):
    with pytest.raises(SystemExit) as stopped:
        run("pump.pgv", "odd.wav", option)
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_a_false_alarm_rate_may_be_in_percent(run):
    by_share, by_percent = (
        run("pump.pgv", "odd.wav", "--false-alarm-rate", rate, "--csv", "-")[1]
        for rate in ("0.25", "25%")
    )
    other = run("pump.pgv", "odd.wav", "--csv", "-")[1]
    assert by_share == by_percent != other
