import math

import pytest

from pygoodvibes.report.words import between, count_of, listed, named, number, of_hundred


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 of 100"),
        (0.004, "fewer than 1 of 100"),
        (0.914, "91 of 100"),
        (0.9951, "more than 99 of 100"),
        (1.0, "100 of 100"),
    ],
)
def test_all_and_none_are_said_only_if_it_is_so(share, words):
    assert of_hundred(share) == words


def test_words_for_intervals_counts_and_lists():
    assert between(0.876, 0.934) == "between 88 and 93 of 100"
    assert between(0.912, 0.913) == "about 91 of 100"
    assert [count_of(n, "clip") for n in (0, 1, 1200)] == ["no clip", "1 clip", "1,200 clips"]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_of_many_names_the_first_are_told():
    names = [str(number) for number in range(20)]
    assert named(names[:8]) == "0, 1, 2, 3, 4, 5, 6 and 7"
    assert named(names) == "0, 1, 2, 3, 4, 5, 6 and 13 more"


def test_cells_become_numbers_and_nothing_stays_nothing():
    assert number("0.5") == 0.5
    assert [number(each) for each in ("", None, "nan", math.inf)] == [None] * 4
