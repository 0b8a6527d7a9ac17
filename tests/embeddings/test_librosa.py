import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from pygoodvibes.embeddings.librosa import Settings, columns, embed_signal, features
from pygoodvibes.util.errors import UserError

RATE = 16000
NOTHING = {
    "method": "librosa",
    "mfcc": 0,
    "centroid": False,
    "bandwidth": False,
    "contrast": 0,
    "flatness": False,
    "rolloff": False,
    "zero_crossings": False,
    "rms": False,
}
NOISE = np.random.default_rng(0).normal(scale=0.1, size=RATE).astype(np.float32)
TIMES = np.arange(RATE) / RATE
TONE = (0.5 * np.sin(2 * np.pi * 1000 * TIMES)).astype(np.float32)


def only(**switched_on):
    return Settings.model_validate({**NOTHING, **switched_on})


def of_tone(**switched_on):
    """Return the mean over time of the only feature, for a tone of 1 kHz."""
    settings = only(**switched_on, std=False, max=False, delta=False, gwrp=[])
    return embed_signal(TONE, settings, sample_rate=RATE)


def test_a_tone_has_the_features_of_a_tone():
    assert of_tone(centroid=True) == pytest.approx(1000, rel=0.05)
    assert of_tone(bandwidth=True) < 300
    assert of_tone(flatness=True) < 1e-3
    assert of_tone(rolloff=True) == pytest.approx(1000, rel=0.05)
    assert of_tone(zero_crossings=True) == pytest.approx(2 * 1000 / RATE, rel=0.1)
    assert of_tone(rms=True) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    # 1 kHz is nearest to B
    assert of_tone(chroma=12).argmax() == 11


def test_noise_is_flat_and_wide():
    settings = only(flatness=True, centroid=True, std=False, max=False, delta=False, gwrp=[])
    centroid, flatness = embed_signal(NOISE, settings, sample_rate=RATE)
    assert centroid == pytest.approx(RATE / 4, rel=0.1) and flatness > 0.4


def test_the_tempogram_finds_how_often_it_knocks():
    knocks = np.zeros(8 * RATE, dtype=np.float32)
    knocks[:: RATE // 4] = 1.0
    settings = only(tempogram=20, hop_length=500, std=False, max=False, delta=False, gwrp=[])
    found = embed_signal(knocks, settings, sample_rate=RATE)
    # every 0.25 s, that is 8 hops
    assert found[4:13].argmax() + 4 == 8


def test_mfcc_and_their_slopes_are_those_of_librosa():
    settings = only(mfcc=13, mfcc_deltas=2)
    found = features(NOISE, settings, sample_rate=RATE)
    expected = librosa.feature.mfcc(y=NOISE, sr=RATE, n_mfcc=13, n_fft=2048, hop_length=512)
    assert np.allclose(found["mfcc"], expected, rtol=1e-4, atol=1e-3)
    assert np.array_equal(
        found["mfcc_delta2"], librosa.feature.delta(found["mfcc"], order=2, mode="nearest")
    )


def test_statistics_over_time_stand_in_the_order_of_the_columns():
    settings = only(mfcc=3, mfcc_deltas=1, rms=True, delta=False, quantiles=[0.5], gwrp=[1.0])
    names = columns(128, settings)
    assert names[:4] == [f"mfcc_mean_{n:03d}" for n in range(3)] + ["mfcc_std_000"]
    assert [name for name in names if name.startswith("rms")] == [
        f"rms_{statistic}_000" for statistic in ("mean", "std", "max", "q0.5", "gwrp1")
    ]
    values = dict(zip(names, embed_signal(NOISE, settings, sample_rate=RATE), strict=True))
    found = features(NOISE, settings, sample_rate=RATE)
    assert values["mfcc_mean_002"] == pytest.approx(found["mfcc"][2].mean(), rel=1e-5)
    assert values["mfcc_delta_std_001"] == pytest.approx(found["mfcc_delta"][1].std(), rel=1e-5)
    assert values["rms_q0.5_000"] == pytest.approx(np.median(found["rms"]), rel=1e-5)


def test_all_features_of_any_length_are_numbers():
    settings = Settings.model_validate({"method": "librosa", "chroma": 12, "tempogram": 30})
    for length in (1, 100, 2048, 3000, RATE):
        vector = embed_signal(NOISE[:length], settings, sample_rate=RATE)
        assert vector.dtype == np.float32 and np.isfinite(vector).all()
        assert len(vector) == len(columns(128, settings))
    assert np.array_equal(vector, embed_signal(NOISE, settings, sample_rate=RATE))


def test_octaves_beyond_half_of_the_sample_rate_name_the_key_and_what_fits():
    with pytest.raises(UserError, match=r"embedding\.contrast: 6 octaves .* \(4000 Hz\); take 5"):
        embed_signal(NOISE, only(contrast=6), sample_rate=8000)
    assert len(embed_signal(NOISE, only(contrast=5), sample_rate=8000))


@pytest.mark.parametrize(
    ("switched_on", "said"),
    [
        ({}, "no feature is switched on"),
        ({"mfcc": 20, "modulation": 2}, "Extra inputs"),
        ({"mfcc": 20, "hop_length": 4096}, "hop_length: 4096 is more than n_fft"),
        (
            {"mfcc": 20, "mean": False, "std": False, "max": False, "delta": False, "gwrp": []},
            "no stat",
        ),
        ({"mfcc": -1}, "greater than or equal to 0"),
    ],
)
def test_settings_that_make_no_sense_say_why(switched_on, said):
    with pytest.raises(ValidationError, match=said):
        only(**switched_on)
