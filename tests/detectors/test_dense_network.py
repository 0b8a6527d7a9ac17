import numpy as np
import pytest

from pygoodvibes.detectors.dense_network import DenseNetwork, activations, train

SIZES = [6, 5, 3, 4]


@pytest.fixture
def rows():
    """Return what a network sees and what it is to give back, in 64 bits."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(20, 6)), rng.normal(size=(20, 4))


def network_of(seed=0, dtype=np.float64):
    return DenseNetwork(SIZES, np.random.default_rng(seed), dtype)


def given_back(network, seen):
    return list(activations(seen, network.weights, network.biases))[-1]


def test_what_it_gives_back_by_hand():
    weights = [np.array([[1.0, -1.0]]), np.array([[2.0], [10.0]])]
    biases = [np.array([0.5, 0.0]), np.array([-1.0])]
    _, hidden, out = activations(np.array([[3.0], [-3.0]]), weights, biases)
    assert hidden.tolist() == [[3.5, 0.0], [0.0, 3.0]]
    assert out.tolist() == [[6.0], [29.0]]


def test_the_gradient_is_that_of_half_the_squared_error(rows):
    network = network_of()

    def loss():
        return 0.5 * np.square(given_back(network, rows[0]) - rows[1]).sum(axis=1).mean()

    found = [[part.copy() for part in parts] for parts in network.gradient(*rows)]
    for own, parts in zip((network.weights, network.biases), found, strict=True):
        for layer, gradient in zip(own, parts, strict=True):
            for place in np.ndindex(layer.shape):
                kept, losses = layer[place], []
                for change in (1e-6, -1e-6):
                    layer[place] = kept + change
                    losses.append(loss())
                layer[place] = kept
                slope = (losses[0] - losses[1]) / 2e-6
                assert gradient[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_the_first_step_of_adam_goes_by_the_learning_rate_against_the_gradient(rows):
    network = network_of()
    before = [weights.copy() for weights in network.weights]
    gradient = [part.copy() for part in network.gradient(*rows)[0]]
    network.step(*rows, learning_rate=0.01)
    for old, new, slope in zip(before, network.weights, gradient, strict=True):
        steep = np.abs(slope) > 1e-4
        assert steep.any()
        assert new[steep] == pytest.approx((old - 0.01 * np.sign(slope))[steep], abs=1e-5)
        assert np.array_equal(new[slope == 0], old[slope == 0])


def test_it_learns_what_scikit_learns_network_learns(rows):
    from sklearn.neural_network import MLPRegressor
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    peer = MLPRegressor(
        hidden_layer_sizes=SIZES[1:-1], alpha=0.0, batch_size=20, learning_rate_init=0.01
    )
    peer.partial_fit(*rows)
    network = network_of()
    # of the same start, with an optimiser that has not begun
    for layer in range(3):
        peer.coefs_[layer][:] = network.weights[layer]
        peer.intercepts_[layer][:] = network.biases[layer]
    peer._optimizer = AdamOptimizer([*peer.coefs_, *peer.intercepts_], 0.01)
    for _ in range(30):
        peer.partial_fit(*rows)
        network.step(*rows, learning_rate=0.01)
    for ours, theirs in zip(network.weights, peer.coefs_, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_first_weights_are_drawn_evenly_within_the_bounds_of_their_layer():
    network = DenseNetwork([300, 200, 100], np.random.default_rng(0))
    for weights in network.weights:
        bound = np.sqrt(6 / sum(weights.shape))
        assert 0.99 * bound < weights.max() <= bound
        assert -bound <= weights.min() < -0.99 * bound
        assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


@pytest.mark.parametrize("batch_size", [1, 7, 20, 50])
def test_training_sees_every_row_in_each_epoch_and_in_new_order(rows, batch_size, monkeypatch):
    met = []
    monkeypatch.setattr(
        DenseNetwork, "step", lambda self, seen, wanted, learning_rate: met.append((seen, wanted))
    )
    train(*rows, hidden=[3], epochs=3, batch_size=batch_size, learning_rate=0.1, seed=0)
    sizes = [len(seen) for seen, _ in met]
    assert max(sizes) == min(batch_size, 20) and sum(sizes) == 60
    seen, wanted = (np.concatenate(parts).reshape(3, 20, -1) for parts in zip(*met, strict=True))
    orders = []
    for epoch in range(3):
        order = [int(np.flatnonzero((rows[0] == row).all(axis=1))[0]) for row in seen[epoch]]
        assert np.array_equal(rows[1][order], wanted[epoch])
        assert sorted(order) == list(range(20))
        orders.append(tuple(order))
    assert len(set(orders)) == 3


def test_the_seed_decides_everything(rows):
    seen, wanted = (part.astype(np.float32) for part in rows)
    options = {"hidden": [4], "epochs": 2, "batch_size": 6, "learning_rate": 0.01}
    one, again, other = (train(seen, wanted, **options, seed=seed) for seed in (5, 5, 6))
    assert one.weights[0].dtype == np.float32
    assert one.weights[0].tobytes() == again.weights[0].tobytes()
    assert one.weights[0].tobytes() != other.weights[0].tobytes()
