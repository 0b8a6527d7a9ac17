import jax
import numpy as np
import pytest

import learnable_clips
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM
from pygoodvibes.encoders.id_classifier_task import IdClassifierTask
from pygoodvibes.encoders.roles import deal
from pygoodvibes.util.errors import UserError

CLIPS = learnable_clips.clips(n_bins=2001)
ONE_ID = learnable_clips.clips(per_id=20, ids=learnable_clips.IDS[:1], n_bins=2001)


def task(clips=CLIPS, seed=0, **changed):
    roles = deal(clips.ids, calibration=0.2, held_out=0.25, seed=0)
    settings = learnable_clips.id_classifier(**changed)
    return IdClassifierTask(clips, roles, settings, seed=seed)


def test_batches_have_each_clip_at_most_once():
    batches = list(task().batches(1))
    seen = np.concatenate([batch["clip"] for batch in batches])
    assert len(batches) == task().steps == 2 and len(set(seen)) == len(seen) == 16
    assert np.array_equal(batches[0]["class"], CLIPS.ids[batches[0]["clip"]])
    assert SPECTRUM not in batches[0]
    both = next(task(spectrum_seconds=1.0).batches(1))
    assert np.array_equal(both[SPECTRUM], CLIPS.spectra[both["clip"]])


def test_epochs_differ_and_follow_the_seed():
    one, same, other, seed = (
        next(task(seed=seed).batches(epoch))["clip"].tolist()
        for seed, epoch in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert one == same and one != other and one != seed


@pytest.mark.parametrize("loss", ["adacos", "arcface"])
def test_loss_is_finite_and_moves_encoder_and_centres(loss):
    of_ids = task(loss=loss, mixup=1.0)
    weights, state = of_ids.start()
    batch = next(of_ids.batches(1))
    (value, after), slopes = jax.jit(jax.value_and_grad(of_ids.loss, has_aux=True))(
        weights, state, batch
    )
    assert np.isfinite(value)
    assert all(np.any(slope) for slope in slopes["centres"][0].values())
    assert np.any(slopes[FRAMES][2]["kernel"])
    moves = float(after["scale"][0]["scale"]) != float(state["scale"][0]["scale"])
    assert moves == (loss == "adacos")


def test_accuracy_is_among_the_machine_ids_of_a_type():
    of_ids = task(sub_clusters=1)
    weights, state = of_ids.start()
    # all clips point to the valve; among the fans, to the first
    weights["centres"][0]["centres"] = np.eye(3, 6, dtype=np.float32)[:, None] * [[[1]]]
    where = np.array([0.5, 0.1, 0.9, 0, 0, 0], np.float32)

    class Pointing:
        branches = of_ids.encoder.branches

        @staticmethod
        def compiled(weights, state, inputs):
            return {FRAMES: np.tile(where, (len(inputs[FRAMES]), 1))}

    of_ids.encoder = Pointing()
    # fan 00 and the valve, the only one of its type, are right, and fan 02 is not
    assert of_ids.check(weights, state)["held_out_accuracy"] == pytest.approx(2 / 3)


def test_attributes_are_told_apart_and_the_accuracy_is_still_that_of_machine_ids():
    told = ["spd=1", "spd=2"] * 30
    of_speeds = task(learnable_clips.clips(per_id=20, attributes=told), sub_clusters=1)
    weights, state = of_speeds.start()
    centres = weights["centres"][0]["centres"]
    assert len(of_speeds.classes) == len(centres) == 6
    batch = next(of_speeds.batches(1))
    assert np.array_equal(batch["class"], of_speeds.classes.of_clip[batch["clip"]])
    assert batch["class"].max() > 2
    assert np.isfinite(of_speeds.loss(weights, state, batch)[0])

    class Pointing:
        """Points to the class of the other speed of the same machine ID."""

        branches = of_speeds.encoder.branches

        @staticmethod
        def compiled(weights, state, inputs):
            own = of_speeds.classes.of_clip[of_speeds._held_out]
            return {FRAMES: np.eye(6, dtype=np.float32)[own ^ 1]}

    weights["centres"][0]["centres"] = np.eye(6, dtype=np.float32)[:, None]
    of_speeds.encoder = Pointing()
    assert of_speeds.check(weights, state)["held_out_accuracy"] == 1


def test_one_machine_id_with_attributes_needs_no_exchange():
    told = ["spd=1", "spd=2"] * 10
    one = learnable_clips.clips(per_id=20, ids=learnable_clips.IDS[:1], attributes=told)
    assert task(one)._exchange == "none"
    assert len(task(one).start()[0]["centres"][0]["centres"]) == 2
    assert task(one, classes="ids")._exchange == "statistics"


@pytest.mark.parametrize(
    ("changed", "exchanged"),
    [
        ({"spectrum_seconds": 1.0}, "features"),
        ({}, "statistics"),
        ({"exchange": "statistics", "spectrum_seconds": 1.0}, "statistics"),
    ],
)
def test_one_machine_id_is_learnt_by_what_belongs_together(changed, exchanged):
    of_one = task(ONE_ID, **changed)
    weights, state = of_one.start()
    assert weights["centres"][0]["centres"].shape[0] == 3
    batch = next(of_one.batches(1))
    batch["chosen"] = np.ones_like(batch["chosen"])
    loss = jax.jit(of_one.loss)
    whole = dict(batch, chosen=np.zeros_like(batch["chosen"]))
    assert np.isfinite(loss(weights, state, batch)[0])
    assert float(loss(weights, state, batch)[0]) != float(loss(weights, state, whole)[0])
    checked = of_one.check(weights, state)
    assert np.isfinite(checked["held_out_loss"]) and checked["held_out_accuracy"] == 1


def test_one_machine_id_and_nothing_to_exchange():
    with pytest.raises(UserError, match="set exchange to 'features' or 'statistics'"):
        task(ONE_ID, exchange="none")
