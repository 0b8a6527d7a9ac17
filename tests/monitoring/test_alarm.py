import hypothesis.strategies as st
import pytest
from hypothesis import given

from pygoodvibes.monitoring.alarm import Alarm
from pygoodvibes.util.errors import UserError


@given(
    k=st.integers(1, 6),
    more=st.integers(0, 6),
    anomalous=st.lists(st.booleans(), max_size=60),
)
def test_the_alarm_goes_on_at_k_of_n_and_off_below_half_of_k(k, more, anomalous):
    alarm, before = Alarm(k, k + more), False
    for number in range(len(anomalous)):
        found = sum(anomalous[max(0, number + 1 - k - more) : number + 1])
        now = alarm.update(anomalous[number])
        assert now == alarm.on
        if found >= k:
            assert now
        elif 2 * found < k:
            assert not now
        else:
            assert now == before  # in between it stays as it is
        before = now


def test_single_anomalous_windows_raise_no_alarm_and_a_row_of_them_does():
    alarm = Alarm(3, 5)
    assert not any(alarm.update(number % 4 == 0) for number in range(40))
    alarm = Alarm(3, 5)
    states = [alarm.update(value) for value in [1, 1, 1, 0, 0, 0, 0, 0]]
    assert states == [False, False, True, True, True, True, False, False]


@given(k=st.integers(1, 6), more=st.integers(0, 6), anomalous=st.lists(st.booleans(), max_size=20))
def test_too_few_windows_for_the_alarm_leave_it_undecided_if_all_are_anomalous(k, more, anomalous):
    alarm = Alarm(k, k + more)
    for number, value in enumerate(anomalous, start=1):
        alarm.update(value)
        assert alarm.undecided == (number < k and all(anomalous[:number]))
        assert not (alarm.undecided and alarm.on)


@pytest.mark.parametrize(("k", "n"), [(0, 3), (4, 3)])
def test_an_impossible_alarm_is_refused(k, n):
    with pytest.raises(UserError, match="alarm"):
        Alarm(k, n)
