import numpy as np
import pytest

from pygoodvibes.explanation.moments import LEAST, strongest

EDGES = np.arange(0.0, 1200.0, 100.0)  # ten bands, each 200 Hz wide and centred at 100, 200, ...


def quiet():
    return np.zeros((50, 10))


def find(deviation, **options):
    return strongest(deviation, edges=EDGES, seconds_a_frame=0.1, **options)


def test_nothing_stands_out_of_a_calm_clip():
    assert find(quiet()) == []
    assert find(np.full((50, 10), LEAST)) == []


def test_a_moment_is_found_with_its_time_band_and_sign():
    deviation = quiet()
    deviation[20:30, 3:5] = 8.0
    [moment] = find(deviation)
    assert (moment.start, moment.stop) == (pytest.approx(2.0), pytest.approx(3.0))
    # bands 3 and 4: from where band 3 rises to where band 4 ends
    assert (moment.low, moment.high) == (300.0, 600.0)
    assert moment.deviation == pytest.approx(8.0)
    assert moment.weight == pytest.approx(20 * (8.0 - LEAST))


def test_the_heaviest_comes_first_and_louder_and_quieter_are_apart():
    deviation = quiet()
    deviation[:10, 2] = -9.0
    deviation[:10, 3] = 5.0  # beside it, but louder
    deviation[30:32, 8] = 4.0
    found = find(deviation)
    assert [moment.deviation for moment in found] == [-9.0, 5.0, 4.0]
    assert find(deviation, count=1) == found[:1]


def test_a_ragged_edge_does_not_stretch_the_bounds():
    deviation = quiet()
    deviation[10:20, 4] = 10.0
    deviation[20:45, 4] = 3.01
    [moment] = find(deviation)
    assert moment.start == pytest.approx(1.0)
    assert moment.stop == pytest.approx(2.0)


def test_what_stands_out_can_be_set():
    deviation = quiet()
    deviation[5:8, 1] = 2.0
    assert find(deviation) == []
    assert len(find(deviation, least=1.5)) == 1
