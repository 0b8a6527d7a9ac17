import dataclasses

import numpy as np
import pytest

import learnable_clips
from pygoodvibes.embeddings import encoder
from pygoodvibes.encoders.needs import needs_of
from pygoodvibes.encoders.train_encoder import train_encoder
from pygoodvibes.util.errors import UserError

CLIPS = learnable_clips.clips()


def trained(settings, clips=CLIPS, *, seed=3, **more):
    needs = needs_of(settings, sample_rate=learnable_clips.RATE, mel=learnable_clips.MEL)
    return train_encoder(clips, settings, seed=seed, needs=needs, **more)


class Killed(BaseException):
    """In place of a signal."""


def killed_after(epoch):
    def tell(progress):
        if progress.epoch > epoch:
            raise Killed

    return tell


def test_a_triplet_encoder_learns_and_its_file_says_what_it_takes():
    done = trained(learnable_clips.triplet(epochs=6, learning_rate=5e-3))
    losses = [row["held_out_loss"] for row in done.history]
    assert min(losses) <= losses[0] / 2
    file = encoder.loads(done.content, "made here")
    assert [each.kind for each in file.needs.inputs] == ["frames"]
    assert set(done.roles) == {"training", "held_out", "calibration"}


def test_an_id_classifier_learns_to_tell_machine_ids():
    done = trained(learnable_clips.id_classifier(epochs=10, learning_rate=1e-2))
    best = min(done.history, key=lambda row: row["held_out_loss"])
    assert best["held_out_accuracy"] == 1
    assert best["held_out_loss"] < 0.6 * done.history[0]["held_out_loss"]


def test_same_seed_same_bytes_and_the_seed_of_the_settings_comes_first():
    one = trained(learnable_clips.triplet()).content
    assert one == trained(learnable_clips.triplet(seed=3), seed=4).content
    assert one != trained(learnable_clips.triplet(), seed=4).content


def test_a_training_that_was_interrupted_gives_the_same_bytes(tmp_path):
    settings, path = learnable_clips.triplet(epochs=3), tmp_path / "state.npz"
    whole = trained(settings)
    with pytest.raises(Killed):
        trained(settings, checkpoint=path, tell=killed_after(1))
    done = trained(settings, checkpoint=path)
    assert done.content == whole.content and done.history == whole.history


def test_no_epochs_are_the_control():
    control = trained(learnable_clips.triplet(epochs=0))
    assert [row["epoch"] for row in control.history] == [0]
    assert encoder.loads(control.content, "made here").needs


def test_too_few_clips():
    few = learnable_clips.clips(per_id=4)
    with pytest.raises(UserError, match="five normal training clips"):
        trained(learnable_clips.triplet(), few)
    one_id = dataclasses.replace(CLIPS, machine_id=np.full(30, "00"), machine=np.full(30, "fan"))
    with pytest.raises(UserError, match="two machine IDs"):
        trained(learnable_clips.triplet(), one_id)
