import numpy as np
import pytest

import learnable_clips
from pygoodvibes.encoders.classes import LEAST_CLIPS, classes_of
from pygoodvibes.util.errors import UserError

SPEEDS = ["spd=1"] * 6 + ["spd=2"] * 4 + ["spd=1"] * 5 + ["spd=3"] * 5 + [""] * 10
"""Of ten clips of each of three machine IDs: one speed of the first has too few clips."""


@pytest.mark.parametrize("what", ["auto", "attributes"])
def test_attributes_are_classes_within_their_machine_id(what):
    found = classes_of(learnable_clips.clips(attributes=SPEEDS), what, learnt=np.ones(30, bool))
    assert found.attributes.tolist() == ["", "spd=1", "spd=1", "spd=3", ""]
    assert found.ids.tolist() == [0, 0, 1, 1, 2]
    assert found.types.tolist() == [0, 0, 0, 0, 1]
    expected = [1] * 6 + [0] * 4 + [2] * 5 + [3] * 5 + [4] * 10
    assert found.of_clip.tolist() == expected


@pytest.mark.parametrize(
    ("what", "attributes"), [("ids", SPEEDS), ("auto", None), ("auto", [""] * 30)]
)
def test_else_machine_ids_are(what, attributes):
    clips = learnable_clips.clips(attributes=attributes)
    found = classes_of(clips, what, learnt=np.ones(30, bool))
    assert len(found) == 3 and set(found.attributes) == {""}
    assert np.array_equal(found.of_clip, clips.ids)
    assert found.ids.tolist() == [0, 1, 2]


def test_a_class_of_its_own_takes_enough_clips():
    for count, expected in ((LEAST_CLIPS, 2), (LEAST_CLIPS - 1, 1)):
        told = ["a=1"] * count + [""] * (10 - count)
        one = learnable_clips.clips(ids=learnable_clips.IDS[:1], attributes=told)
        assert len(classes_of(one, "auto", learnt=np.ones(10, bool))) == expected


def test_clips_that_are_not_learnt_from_make_no_class():
    one = learnable_clips.clips(ids=learnable_clips.IDS[:1], attributes=["a=1"] * 6 + [""] * 4)
    learnt = np.arange(10) != 0
    assert classes_of(one, "auto", learnt=learnt).attributes.tolist() == ["", "a=1"]
    learnt[1] = False
    assert classes_of(one, "auto", learnt=learnt).attributes.tolist() == [""]


@pytest.mark.parametrize("attributes", [None, [""] * 30])
def test_attributes_that_nobody_tells_can_not_be_asked_for(attributes):
    clips = learnable_clips.clips(attributes=attributes)
    with pytest.raises(UserError, match="no training clip has any"):
        classes_of(clips, "attributes", learnt=np.ones(30, bool))
