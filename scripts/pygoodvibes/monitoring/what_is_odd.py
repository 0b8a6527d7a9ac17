"""What is odd about a clip in words, by a model: harmonics, modulation, impulses, tones.

Comes in: the training clips of a model, once, when it is fitted; later a clip. Goes out: a model
that knows the signs of its normal clips; a text. A model from before there were any, one of few
clips, and one that the workflow has packed say nothing.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.audio.signals import signals_of
from pygoodvibes.data.manifest import usable
from pygoodvibes.explanation.naming import MOST_CLIPS, NormalSigns, in_words, learn_signs
from pygoodvibes.explanation.signs import profiles
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.util.messages import Message, joined


def with_signs(
    model: MachineModel,
    rows: Sequence[Mapping],
    folder: pathlib.Path,
    *,
    cut: Mapping[str, float] | None = None,
) -> MachineModel:
    """Return a model that knows what signs its normal clips show.

    Parameters
    ----------
    model : MachineModel
        Fitted.
    rows : sequence of mapping
        Its training clips (windows, if they are cut) with their final status.
    folder : pathlib.Path
        What their paths are relative to.
    cut : mapping of str to float, optional
        window and hop, s, if they are windows.
    """
    used = usable(rows)
    if len(used) > MOST_CLIPS:
        used = [used[i] for i in np.linspace(0, len(used) - 1, MOST_CLIPS).astype(int)]
    read = signals_of(used, folder, audio_settings=model.settings["audio"], cut=cut)
    found = (profiles(signal, model.sample_rate) for signal in read)
    normal = learn_signs([profile for profile in found if profile is not None])
    if normal is None:
        return model
    return dataclasses.replace(model, training={**model.training, "signs": normal.plain()})


def what_is_odd(model: MachineModel, signal: np.ndarray) -> Message | str:
    """Say what signs a clip shows that the training clips of a model don't, '' if none.

    Parameters
    ----------
    model : MachineModel
        Fitted.
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude, at the model's sample rate.
    """
    if "signs" not in model.training:
        return ""
    said = in_words(signal, model.sample_rate, NormalSigns.of_plain(model.training["signs"]))
    return joined(said) if said else ""
