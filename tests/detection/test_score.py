import numpy as np

from pygoodvibes.detection.score import anomaly_score, held_out_parts


class Loudness:
    """A detector to which the sum of a clip's values is how normal it is."""

    def score_samples(self, clips):
        return [np.sum(clip) for clip in clips]


def test_the_sign_is_turned_once_and_nothing_has_no_score():
    values = np.array([[1.0, 2.0], [-4.0, 0.0]])
    assert anomaly_score(Loudness(), values).tolist() == [-3, 4]
    frames = [np.ones((3, 2)), np.ones((1, 2))]
    assert anomaly_score(Loudness(), frames).tolist() == [-6, -2]
    assert anomaly_score(Loudness(), np.zeros((0, 2))).shape == (0,)


def test_what_is_not_made_of_parts_has_held_none_out():
    assert held_out_parts(Loudness()).shape == (0, 0)
    fusion = Loudness()
    fusion.held_out_ = np.ones((3, 2))
    assert held_out_parts(fusion).shape == (3, 2)
