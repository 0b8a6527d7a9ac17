import numpy as np
import pytest

from frame_networks import NORMAL, STACK, forward
from pygoodvibes.detectors.frames import stack_frames


def test_the_interpolation_network_is_measured_on_the_frame_it_does_not_see(networks):
    network = networks["idnn"]
    vectors = stack_frames(NORMAL[0], STACK).astype(np.float64)
    outer, middle = np.r_[0:6, 12:18], np.r_[6:12]
    scaled = (vectors - network.mean_) / network.scale_
    error = (forward(network, scaled[:, outer]) - scaled[:, middle]) * network.scale_
    assert -network.score_samples(NORMAL[:1])[0] == pytest.approx((error**2).mean(), rel=1e-4)


@pytest.mark.parametrize(("frame", "is_target"), [(0, False), (1, True), (2, False)])
def test_a_change_of_the_middle_frame_changes_the_target_and_not_the_prediction(
    networks, frame, is_target
):
    def score(shift):
        frames = NORMAL[0][:STACK].copy()
        frames[frame] += shift
        return networks["idnn"].score_frames(frames)[0]

    # around a prediction that stays, the mean of (error + shift)**2 is a parabola of the shift
    bend = score(5) + score(-5) - 2 * score(0)
    assert (bend == pytest.approx(2 * 5**2, rel=1e-3)) == is_target
