"""What a trained encoder takes and gives: settings come in, the document of its file goes out."""

from collections.abc import Mapping

from pygoodvibes.embeddings.encoder_needs import Frames, Needs, Spectrum
from pygoodvibes.embeddings.id_classifier import Settings as IdClassifier
from pygoodvibes.embeddings.triplet import Settings as Triplet
from pygoodvibes.encoders.encoder import FRAMES, OUTPUT, SPECTRUM


def needs_of(settings: Triplet | IdClassifier, *, sample_rate: int, mel: Mapping) -> Needs:
    """Say what an encoder takes and gives.

    Parameters
    ----------
    settings : Triplet or IdClassifier
        Which encoder.
    sample_rate : int > 0
        Hz, of the clips.
    mel : mapping
        The `mel` section of the config.

    Returns
    -------
    Needs
        Log-mel frames as the workflow has them, and for an ID classifier with two branches also the
        spectrum of pieces of one length.
    """
    inputs: list[Frames | Spectrum] = [Frames(name=FRAMES, kind="frames", **mel)]
    length = None
    if isinstance(settings, IdClassifier) and settings.spectrum_seconds:
        inputs.append(Spectrum(name=SPECTRUM, kind="spectrum"))
        length = round(settings.spectrum_seconds * sample_rate)
    return Needs(sample_rate=sample_rate, length=length, inputs=inputs, output=OUTPUT, axes="bd")
