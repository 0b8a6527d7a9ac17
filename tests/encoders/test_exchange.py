import numpy as np
import pytest

from pygoodvibes.encoders import exchange

PARTNER, CHOSEN = np.array([1, 2, 0]), np.array([True, False, True])


def test_no_clip_is_its_own_partner_unless_it_is_alone():
    rng = np.random.default_rng(0)
    for n_clips in (2, 3, 10):
        partner, _ = exchange.draw(rng, n_clips, share=0.5)
        assert sorted(partner) == list(range(n_clips))
        assert (partner != np.arange(n_clips)).all()
    partner, chosen = exchange.draw(rng, 1, share=0.99)
    assert partner.tolist() == [0] and not chosen.any()
    assert 0.45 < exchange.draw(rng, 4000, share=0.5)[1].mean() < 0.55


def test_statistics_of_bands_are_those_of_the_partner():
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(3, 50, 4)) * [1, 2, 3, 4] + rng.normal(size=(3, 1, 4)) * 10
    found = np.asarray(exchange.exchange_statistics(frames, PARTNER, CHOSEN))
    assert np.allclose(found[0].mean(0), frames[1].mean(0), atol=1e-4)
    assert np.allclose(found[0].std(0), frames[1].std(0), rtol=1e-4)
    # what happens when stays that of the clip itself
    assert np.corrcoef(found[0][:, 0], frames[0][:, 0])[0, 1] == pytest.approx(1, abs=1e-5)
    assert np.allclose(found[1], frames[1], atol=1e-5)


def test_all_branches_but_the_first_are_the_partners():
    vectors = {"frames": np.arange(6.0).reshape(3, 2), "spectrum": np.arange(9.0).reshape(3, 3)}
    found = exchange.exchange_features(vectors, PARTNER, CHOSEN)
    assert np.array_equal(found["frames"], vectors["frames"])
    assert np.array_equal(found["spectrum"], vectors["spectrum"][[1, 1, 0]])


def test_made_up_clips_have_classes_of_their_own_for_each_part():
    targets = np.array([[1.0, 0], [0, 1], [1, 0]])
    found = np.asarray(exchange.exchange_targets(targets, PARTNER, CHOSEN))
    assert found.tolist() == [
        [0, 0, 0.5, 0, 0, 0.5],
        [0, 1, 0, 0, 0, 0],
        [0, 0, 0.5, 0, 0.5, 0],
    ]
