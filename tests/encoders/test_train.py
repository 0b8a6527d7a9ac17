import numpy as np
import optax
import pytest

from pygoodvibes.encoders.train import train

TARGET = np.array([1.0, -2.0], np.float32)


class Straight:
    """Weights that are to become a target; a hundred steps of an epoch see nothing else."""

    optimizer = staticmethod(optax.sgd)
    steps = 3

    def __init__(self, checks=None, stop_at=None):
        self.checks, self.stop_at, self.seen = checks, stop_at, []

    def start(self):
        return {"frames": [{"w": np.zeros(2, np.float32)}]}, {"frames": [{"n": np.float32(0)}]}

    def batches(self, epoch):
        rng = np.random.default_rng(epoch)
        for step in range(self.steps):
            if self.stop_at == (epoch, step):
                raise KeyboardInterrupt
            self.seen.append((epoch, step))
            yield {"clip": np.zeros(4, np.int32), "noise": rng.normal(size=2).astype(np.float32)}

    def loss(self, weights, state, batch):
        away = weights["frames"][0]["w"] - TARGET - 0.1 * batch["noise"]
        return (away**2).sum(), {"frames": [{"n": state["frames"][0]["n"] + 1}]}

    def check(self, weights, state):
        if self.checks is not None:
            return {"held_out_loss": self.checks.pop(0), "steps": float(state["frames"][0]["n"])}
        away = np.asarray(weights["frames"][0]["w"]) - TARGET
        return {"held_out_loss": float((away**2).sum())}


def trained(task, **changed):
    settings = {"epochs": 6, "patience": 10, "learning_rates": (0.1, 0.01), **changed}
    return train(task, **settings)


def test_the_weights_come_close_to_the_target():
    done = trained(Straight())
    losses = [row["held_out_loss"] for row in done.history]
    assert [row["epoch"] for row in done.history] == list(range(7))
    assert losses[0] == pytest.approx(5) and losses[-1] < 0.1
    assert done.history[0]["loss"] is None and done.history[1]["loss"] > done.history[6]["loss"]
    assert np.allclose(done.weights["frames"][0]["w"], TARGET, atol=0.3)


def test_the_learning_rate_falls_along_half_a_cosine():
    moved = []

    class Known(Straight):
        steps = 1

        def loss(self, weights, state, batch):
            return weights["frames"][0]["w"].sum(), state

        def check(self, weights, state):
            moved.append(float(weights["frames"][0]["w"][0]))
            return {"held_out_loss": 0.0}

    trained(Known(), epochs=4)
    steps = -np.diff(moved)
    expected = 0.01 + 0.09 * (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    assert np.allclose(steps, expected, rtol=1e-4)


def test_training_ends_without_progress_and_gives_the_best_weights():
    task = Straight(checks=[5.0, 3.0, 4.0, 3.5, float("nan"), 1.0])
    done = trained(task, patience=3)
    assert [row["epoch"] for row in done.history] == [0, 1, 2, 3, 4]
    # three steps of the first epoch, after thirty that settle the state
    assert float(done.state["frames"][0]["n"]) == 33


def test_no_epoch_leaves_the_weights_and_settles_the_state():
    done = trained(Straight(), epochs=0)
    assert len(done.history) == 1 and not np.any(done.weights["frames"][0]["w"])
    assert float(done.state["frames"][0]["n"]) == 30


@pytest.mark.parametrize("stop_at", [(1, 2), (3, 0), (5, 1)])
def test_a_training_that_was_interrupted_goes_on_to_the_same_bytes(tmp_path, stop_at):
    path = tmp_path / "state.npz"
    whole = trained(Straight())
    with pytest.raises(KeyboardInterrupt):
        trained(Straight(stop_at=stop_at), checkpoint=path)
    rest = Straight()
    done = trained(rest, checkpoint=path)
    assert min(epoch for epoch, _ in rest.seen if epoch) == stop_at[0]
    assert done.history == whole.history
    assert np.array_equal(done.weights["frames"][0]["w"], whole.weights["frames"][0]["w"])


def test_a_training_that_is_done_is_not_repeated(tmp_path):
    path = tmp_path / "state.npz"
    done = trained(Straight(), checkpoint=path)
    again = Straight()
    repeated = trained(again, checkpoint=path)
    assert repeated.history == done.history
    # what the training took, not what it took to find it
    assert 0 < repeated.processor_seconds <= done.processor_seconds
    assert not any(epoch for epoch, _ in again.seen)


def test_progress_tells_epoch_loss_and_speed():
    told = []
    trained(Straight(), epochs=2, tell=told.append)
    assert [each.epoch for each in told] == [1, 2]
    assert told[1].clips_per_second > 0 and told[1].seconds_left >= 0
    assert told[0].held_out_loss > told[1].held_out_loss
    assert str(told[0]).startswith("epoch 1 of 2: loss ") and "clips/s" in str(told[0])
