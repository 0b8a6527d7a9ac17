import io

import pytest

from pygoodvibes.monitoring import score_files
from pygoodvibes.monitoring.output import Json, JsonLines, clock, one_in


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
