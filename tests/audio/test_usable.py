import numpy as np
import pytest

from pygoodvibes.audio.usable import check_any, check_signal, why_unusable
from pygoodvibes.util.errors import UserError

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}


@pytest.mark.parametrize(
    ("rate", "whole", "remedy"),
    [
        (44100, True, "fit with audio.resample: true in the config"),
        (8000, True, "fit with audio.sample_rate: 8000 and audio.resample: true in the config"),
        (44100, False, "convert it"),
        (8000, False, "convert it"),
    ],
)
def test_another_sample_rate_is_refused_with_what_to_do(rate, whole, remedy):
    reason = why_unusable(rate, 1, **AUDIO, whole=whole)
    expected = f"sample rate {rate} Hz, but audio.sample_rate is 16000 Hz: record at 16000 Hz or "
    assert reason == expected + remedy


def test_a_clip_may_be_resampled_and_a_window_never():
    settings = {**AUDIO, "resample": True}
    assert why_unusable(44100, 1, **settings) == ""
    assert why_unusable(44100, 1, **settings, whole=False).endswith("or convert it")
    assert why_unusable(16000, 1, **AUDIO, whole=False) == ""


def test_channels_are_counted_from_0():
    assert why_unusable(16000, 8, **{**AUDIO, "channel": 7}) == ""
    reason = why_unusable(16000, 8, **{**AUDIO, "channel": 8})
    assert reason == "8 channel(s), but audio.channel is 8 (counted from 0)"


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (np.zeros(0), "holds no samples"),
        (np.array([0, np.nan, 1]), "not finite"),
        (np.array([0, np.inf]), "not finite"),
        (np.full(9, 0.25, np.float32), "digital silence"),
        (np.full(9, -32768, np.int16), "digital silence"),
    ],
)
def test_samples_that_are_no_sound_are_refused(signal, said):
    with pytest.raises(UserError, match=said):
        check_signal(signal)


def test_sound_is_taken_in_any_unit():
    check_any(1)
    check_signal(np.array([-32768, 32767], np.int16))  # their difference is no int16
    check_signal(np.array([0, 1e-45], np.float32))


def test_a_sample_rate_that_no_sound_has_is_refused_though_it_could_be_resampled():
    settings = {**AUDIO, "resample": True}
    assert why_unusable(1, 1, **settings).startswith("sample rate 1 Hz is below 1000 Hz")
    assert why_unusable(1000, 1, **settings) == why_unusable(10_000_000, 1, **settings) == ""
    assert why_unusable(2**31 - 1, 1, **settings).startswith(
        "sample rate 2147483647 Hz is above 10000000 Hz"
    )


def test_a_flipped_bit_makes_no_sound():
    signal = np.random.default_rng(0).normal(0, 0.1, 100).astype(np.float32)
    signal[50] = -1e30
    with pytest.raises(UserError, match=r"far above full scale, up to 1e\+30"):
        check_signal(signal)
    # samples of 32 bit that nobody has brought to full scale 1
    check_signal(np.array([-(2.0**31), 2.0**31 - 1]))


def test_the_silence_of_one_channel_of_several_hints_at_the_others():
    silence = np.zeros(9, np.int16)
    with pytest.raises(UserError, match=r"all samples are equal$"):
        check_signal(silence, channel=0, channels=1)
    with pytest.raises(UserError, match=r"of channel 1 are equal, of 2 .*\(audio\.channel\)"):
        check_signal(silence, channel=1, channels=2)
