import numpy as np
import pandas as pd
import pytest

from made_figures import draw_examples, example, panel, texts_of
from pygoodvibes.figures import examples
from pygoodvibes.util.errors import UserError


def test_examples_share_their_scales_and_show_the_arrays_given():
    normal, anomaly = example("a.wav"), example("b.wav", seed=1, level=12)
    figure = draw_examples(normal, anomaly)
    assert panel(figure, "normal: a.wav") and panel(figure, "anomalous: b.wav")
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(images) == 2
    for image, clip in zip(images, (normal, anomaly), strict=True):
        np.testing.assert_array_equal(image.get_array(), clip.mel.T)
        assert image.get_clim() == (
            max(min(normal.mel.min(), anomaly.mel.min()), anomaly.mel.max() - 80),
            anomaly.mel.max(),
        )
        left, right, _, _ = image.get_extent()
        assert right - left == pytest.approx(60 * 512 / 16000)
    waves = [axes for axes in figure.axes if "Amplitude" in axes.get_ylabel()]
    assert len(waves) == 2 and waves[0].get_ylim() == waves[1].get_ylim()
    for axes, clip in zip(waves, (normal, anomaly), strict=True):
        drawn = axes.patches[0].get_data()
        assert drawn.values.max() == clip.waveform.max()
        assert drawn.baseline.min() == clip.waveform.min()


def test_examples_without_one_clip_without_waveforms_and_without_any():
    words = texts_of(draw_examples(example(), None))
    assert "fan has no anomalous test clip." in words
    figure = draw_examples(example(waveform=False), example(waveform=False))
    assert not any("Amplitude" in axes.get_ylabel() for axes in figure.axes)
    assert sum(bool(axes.images) for axes in figure.axes) == 2
    words = texts_of(draw_examples(example(waveform=False), example()))
    assert any("no waveform" in word for word in words)
    assert any("no labelled test clips" in word for word in texts_of(draw_examples(None, None)))


def test_examples_refuse_a_spectrogram_that_does_not_fit():
    wrong = examples.Example("turned.wav", np.zeros((32, 60)), 16000)
    with pytest.raises(UserError, match=r"turned\.wav.*\(32, 60\).*32 mel bands"):
        draw_examples(wrong, None)
    with pytest.raises(UserError, match=r"empty\.wav has no frame"):
        draw_examples(examples.Example("empty.wav", np.zeros((0, 32)), 16000), None)


def test_chosen_clips_are_the_first_of_the_first_id_that_has_both():
    clips = pd.DataFrame(
        [
            ("02", "b.wav", "test", "anomaly"),
            ("02", "c.wav", "test", "normal"),
            ("02", "a.wav", "test", "anomaly"),
            ("00", "a.wav", "train", "anomaly"),
            ("00", "a.wav", "test", "normal"),
            ("02", "a.wav", "test", "unknown"),
        ],
        columns=["id", "clip", "split", "label"],
    )
    assert examples.choose(clips) == {"anomaly": 2, "normal": 1}
    assert examples.choose(clips.iloc[[4]]) == {"normal": 0}
    assert examples.choose(clips.iloc[[3, 5]]) == {}
