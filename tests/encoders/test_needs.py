import learnable_clips
from pygoodvibes.encoders.needs import needs_of


def of(settings):
    return needs_of(settings, sample_rate=4000, mel=learnable_clips.MEL)


def test_frames_are_those_of_the_workflow_and_clips_are_whole():
    for settings in (learnable_clips.triplet(), learnable_clips.id_classifier()):
        needs = of(settings)
        [frames] = needs.inputs
        assert frames.name == frames.kind == "frames" and needs.length is None
        assert {key: getattr(frames, key) for key in learnable_clips.MEL} == learnable_clips.MEL
        assert needs.sample_rate == 4000 and needs.axes == "bd"


def test_a_spectrum_is_that_of_pieces_of_one_length():
    needs = of(learnable_clips.id_classifier(spectrum_seconds=2.5))
    assert [each.kind for each in needs.inputs] == ["frames", "spectrum"]
    assert needs.length == 10000
