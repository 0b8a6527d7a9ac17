import numpy as np
import pytest

from pygoodvibes.audio.mel import log_mel
from pygoodvibes.embeddings.encoder_inputs import arranged, inputs_of, pieces_of
from pygoodvibes.embeddings.encoder_needs import Needs
from pygoodvibes.util.errors import UserError

RATE = 16000
NOISE = np.random.default_rng(0).normal(scale=0.1, size=RATE).astype(np.float32)
TONE = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)


def needs(*inputs, **more):
    told = {"sample_rate": RATE, "inputs": list(inputs), "output": "y", **more}
    return Needs.model_validate(told)


def only(signal, wanted, **more):
    (found,) = inputs_of(signal, needs({"name": "x", **wanted}, **more), sample_rate=RATE)
    assert found["x"].dtype == np.float32
    return found["x"]


def test_frames_are_those_of_the_mel_section_of_the_encoder():
    found = only(NOISE, {"kind": "frames", "n_mels": 40, "hop_length": 256, "fmax": 4000.0})
    expected = log_mel(NOISE, sample_rate=RATE, n_mels=40, hop_length=256, fmax=4000.0)
    assert found.shape[0] == 1 and np.array_equal(found[0], expected)


def test_mean_and_std_turn_decibels_into_natural_logarithms_if_asked_to():
    scaled = only(NOISE, {"kind": "frames", "mean": 2.0, "std": 4.342945})
    plain = only(NOISE, {"kind": "frames"})
    assert np.allclose(scaled, (plain - 2.0) / 4.342945, atol=1e-5)


def test_the_magnitude_of_a_tone_lies_at_its_frequency():
    spectrum = only(TONE, {"kind": "spectrum", "fmin": 200.0, "fmax": 2000.0}, length=RATE)
    assert spectrum.shape == (1, 1801) and spectrum[0].argmax() == 800
    stft = only(TONE, {"kind": "stft", "n_fft": 1024, "hop_length": 512, "fmin": 500.0})
    assert stft.shape == (1, 1 + RATE // 512, 513 - 32)
    # a Hann window halves what is summed, and so does the other half of the spectrum
    assert stft[0, 10].argmax() == 64 - 32 and stft[0, 10].max() == pytest.approx(256, rel=1e-3)


def test_axes_are_brought_into_the_order_of_the_graph():
    values = np.arange(6.0).reshape(3, 2)
    assert arranged(values, "bctf").shape == (1, 1, 3, 2)
    assert np.array_equal(arranged(values, "bftc")[0, :, :, 0], values.T)
    assert arranged(np.arange(4.0), "t").shape == (4,)


def test_a_clip_is_cut_into_pieces_of_one_length_and_a_short_one_is_repeated():
    wanted = needs({"name": "x", "kind": "signal"}, length=100)
    signal = np.arange(250, dtype=np.float32)
    starts = [piece[0] for piece in pieces_of(signal, wanted, sample_rate=RATE)]
    assert starts == [0, 100, 150]
    (exact,) = pieces_of(signal[:100], wanted, sample_rate=RATE)
    assert np.array_equal(exact, signal[:100])
    (short,) = pieces_of(signal[:30], wanted, sample_rate=RATE)
    assert np.array_equal(short, np.resize(signal[:30], 100))


def test_a_clip_shorter_than_a_frame_is_repeated_until_it_fills_one():
    for kind in ("frames", "stft"):
        short, whole = (only(clip, {"kind": kind}) for clip in (TONE[:16], TONE[:1024]))
        assert np.allclose(short, whole, atol=0.1)


def test_a_clip_of_another_rate_is_resampled():
    (found,) = pieces_of(TONE, needs({"name": "x", "kind": "signal"}), sample_rate=2 * RATE)
    assert len(found) == RATE // 2
    assert np.abs(np.fft.rfft(found)).argmax() == 2000 * len(found) // RATE


def test_what_can_not_be_computed_says_why():
    with pytest.raises(UserError, match="too few samples"):
        only(NOISE[:0], {"kind": "signal"})
    for kind in ("frames", "stft"):
        with pytest.raises(UserError, match="x: too many frames of 10 s"):
            only(np.tile(NOISE, 10), {"kind": kind, "hop_length": 1})
    with pytest.raises(UserError, match="more than 10000 pieces of 16 samples"):
        only(np.tile(NOISE, 11), {"kind": "signal"}, length=16)
    with pytest.raises(UserError, match="no frequency of an FFT of 16 samples"):
        only(NOISE, {"kind": "stft", "n_fft": 16, "hop_length": 8, "fmin": 1100.0, "fmax": 1200.0})
