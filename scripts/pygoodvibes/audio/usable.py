"""Whether a recording can be used: its sample rate, its channels, its samples.

Comes in: what the header says and what is asked for, or samples. Goes out: the reason why not. All
that reads recordings asks here, so that each reason has one sentence.
"""

import numpy as np

from pygoodvibes.audio.microphones import Channel, is_mixture, needed
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

LEAST_RATE = 1000
"""Lowest sample rate that is read, Hz: resampled, a second of a lower one is very many samples."""

HIGHEST_RATE = 10_000_000
"""Highest sample rate that is read, Hz: that of acoustic emission; no sound is recorded at more."""

HIGHEST_KEPT = 384_000
"""Highest sample rate at which frames are computed, Hz: what has a higher one is resampled."""

LARGEST = 2.0**31
"""Largest amplitude that is read, the largest of 32 bit: what lies above is no sound in any unit,
and beside its square a float has no room for others."""


def why_unusable(
    found_rate: int,
    channels: int,
    *,
    sample_rate: int,
    resample: bool,
    channel: Channel,
    whole: bool = True,
) -> str:
    """Say why a recording doesn't fit the settings, and what to do; '' if it does.

    Parameters
    ----------
    found_rate : int > 0
        Its sample rate, Hz.
    channels : int > 0
        Its channels.
    sample_rate, resample, channel
        The `audio` section of the config, or of a model's settings.
    whole : bool
        Whether it is read as one clip, which may be resampled; windows never are.
    """
    if found_rate < LEAST_RATE:
        return message(
            "sample rate {found} Hz is below {least} Hz, the least that is read: its header may be "
            "wrong",
            found=found_rate,
            least=LEAST_RATE,
        )
    if found_rate > HIGHEST_RATE:
        return message(
            "sample rate {found} Hz is above {most} Hz, the most that is read: its header may be "
            "wrong",
            found=found_rate,
            most=HIGHEST_RATE,
        )
    if found_rate != sample_rate and not (resample and whole):
        keys = "audio.resample: true"
        if found_rate < sample_rate:  # nothing above half of its rate is in there
            keys = f"audio.sample_rate: {found_rate} and {keys}"
        remedy = message("convert it")
        if whole:
            remedy = message("fit with {keys} in the config", keys=keys)
        return message(
            "sample rate {found} Hz, but audio.sample_rate is {sample_rate} Hz: "
            "record at {sample_rate} Hz or {remedy}",
            found=found_rate,
            sample_rate=sample_rate,
            remedy=remedy,
        )
    if channels < needed(channel) and is_mixture(channel):
        return message(
            "{channels} channel(s), but audio.channel is {channel}, which takes two, a near and a "
            "far microphone",
            channels=channels,
            channel=channel,
        )
    if channels < needed(channel):
        return message(
            "{channels} channel(s), but audio.channel is {channel} (counted from 0)",
            channels=channels,
            channel=channel,
        )
    return ""


def check_any(samples: int) -> None:
    """Refuse a recording without samples.

    Raises
    ------
    UserError
        If there are none.
    """
    if samples < 1:
        raise UserError("holds no samples")


def check_signal(signal: np.ndarray, *, channel: int = 0, channels: int = 1) -> None:
    """Refuse samples that are no sound.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, in any unit.
    channel, channels : int
        Which channel of how many this is: of several, another one may hold sound.

    Raises
    ------
    UserError
        If there are none, they are not finite or beyond `LARGEST`, or all are equal.
    """
    check_any(len(signal))
    if signal.dtype.kind == "f" and not np.isfinite(signal).all():
        raise UserError("holds values that are not finite")
    lowest, highest = signal.min(), signal.max()
    if signal.dtype.kind == "f" and max(-lowest, highest) > LARGEST:
        raise UserError(
            "holds values far above full scale, up to {peak:.3g}: the file is damaged, or no sound",
            peak=float(max(-lowest, highest)),
        )
    check_range(lowest, highest, channel=channel, channels=channels)


def check_range(lowest: float, highest: float, *, channel: int = 0, channels: int = 1) -> None:
    """Refuse samples that are all equal.

    Parameters
    ----------
    lowest, highest : float
        Extremes of the samples, in any unit.
    channel, channels : int
        As in `check_signal`.

    Raises
    ------
    UserError
        If they are equal.
    """
    if lowest == highest and channels > 1:
        raise UserError(
            "digital silence: all samples of channel {channel} are equal, of {channels} channels "
            "(counted from 0); the config names another one (audio.channel)",
            channel=channel,
            channels=channels,
        )
    if lowest == highest:
        raise UserError("digital silence: all samples are equal")
