import math

from pygoodvibes.choice.favoured import favoured, reason_for


def test_of_equal_candidates_the_default_goes_first_and_nan_never():
    table = {"a": {"i": 1.0}, "b": {"i": 1.0}, "c": {"i": 2.0}, "d": {"i": math.nan}}
    free, kept = {"keep_fixed": False}, {"keep_fixed": True}
    assert favoured(table, "i", "b", top=9, **free) == ["c", "b", "a"]
    assert favoured(table, "i", "a", top=2, **free) == ["c", "a"]
    assert favoured({"d": table["d"]}, "i", "d", top=1, **free) == []
    # kept in any case: also without a value, but not if it is no candidate, or nothing is known
    assert favoured(table, "i", "b", top=2, **kept) == ["b", "c"]
    assert favoured(table, "i", "d", top=3, **kept) == ["d", "c", "a"]
    assert favoured(table, "i", "absent", top=1, **kept) == ["c"]
    assert favoured({"d": table["d"]}, "i", "d", top=1, **kept) == []
    options = {"fallback": "b", "alone": False}
    assert "whatever i says" in reason_for(table, "i", "b", ["b"], **options)
    assert "1 more have 1.00" in reason_for(table, "i", "c", ["c", "b"], **options)
    assert reason_for(table, "i", "b", ["c"], **options).endswith("; b has 1.00")
