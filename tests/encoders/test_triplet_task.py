import numpy as np

import learnable_clips
from pygoodvibes.encoders.encoder import FRAMES
from pygoodvibes.encoders.roles import deal
from pygoodvibes.encoders.triplet_task import TripletTask

CLIPS = learnable_clips.clips()
ROLES = deal(CLIPS.ids, calibration=0.2, held_out=0.25, seed=0)


def task(seed=0, **changed):
    return TripletTask(CLIPS, ROLES, learnable_clips.triplet(**changed), seed=seed)


def drawn(of_task, epoch=1):
    return np.concatenate([batch["clip"].reshape(3, -1).T for batch in of_task.batches(epoch)])


def test_batches_are_triplets_of_clips_that_are_learnt_from():
    batches = list(task().batches(1))
    assert len(batches) == task().steps == 6
    assert {batch[FRAMES].shape for batch in batches} == {(12, 32, 16)}
    clips = drawn(task())
    first, second, third = CLIPS.ids[clips].T
    assert np.array_equal(first, second) and (first != third).all()
    assert set(ROLES[clips.ravel()]) == {"training"}


def test_epochs_differ_and_follow_the_seed():
    assert np.array_equal(drawn(task()), drawn(task()))
    assert not np.array_equal(drawn(task()), drawn(task(), epoch=2))
    assert not np.array_equal(drawn(task()), drawn(task(seed=1)))


def test_third_clips_are_of_the_same_type_if_so_set():
    clips = drawn(task(negatives="type"))
    of_fans = clips[CLIPS.machine[clips[:, 0]] == "fan"]
    assert set(CLIPS.machine[of_fans[:, 2]]) == {"fan"}


def test_the_loss_is_0_for_vectors_that_are_one_a_machine_id():
    sharp = task()
    weights, state = sharp.start()
    apart = np.eye(3, 6, dtype=np.float32)

    class Perfect:
        branches = sharp.encoder.branches

        @staticmethod
        def compiled(weights, state, inputs):
            # the machine ID is the loudest third of the bands
            loudness = inputs[FRAMES].mean(1)[:, :12].reshape(-1, 3, 4).mean(2)
            return {FRAMES: apart[loudness.argmax(1)]}

    sharp.encoder = Perfect()
    assert sharp.check(weights, state)["held_out_loss"] < 1e-5


def test_the_loss_of_an_untrained_encoder_is_below_that_of_noise():
    first = task()
    assert 0.1 < first.check(*first.start())["held_out_loss"] < 1.2
