"""Clips of machine IDs that a small encoder tells apart within seconds."""

import numpy as np

from pygoodvibes.audio.settings import Mel
from pygoodvibes.embeddings.id_classifier import Settings as IdClassifier
from pygoodvibes.embeddings.triplet import Settings as Triplet
from pygoodvibes.encoders.clips import Clips

N_MELS, N_FRAMES, RATE = 16, 32, 4000
MEL = Mel(n_mels=N_MELS, n_fft=256, hop_length=128).model_dump(mode="json")
IDS = (("fan", "00"), ("fan", "02"), ("valve", "00"))


def clips(*, per_id=10, ids=IDS, n_bins=0, seed=0, attributes=None):
    """Return clips whose level rises in another mel band for each machine ID."""
    rng = np.random.default_rng(seed)
    frames, names = [], []
    for place, key in enumerate(ids):
        for number in range(per_id):
            values = rng.normal(-40, 3, size=(N_FRAMES, N_MELS)).astype(np.float32)
            values[:, 4 * place : 4 * place + 4] += 12
            frames.append(values)
            names.append((*key, f"normal_id_{key[1]}_{number:08d}.wav"))
    machine, machine_id, clip = np.array(names).T
    spectra = rng.random((len(names), n_bins)).astype(np.float32) if n_bins else None
    told = None if attributes is None else np.array(attributes)
    return Clips(frames, machine, machine_id, clip, N_FRAMES, spectra, told)


def triplet(**changed):
    small = {"channels": [4, 4], "frames_joined": 2, "hidden": 8, "dimensions": 6, "epochs": 2}
    return Triplet(method="triplet", **{**small, "triplets": 8, "batch": 4, **changed})


def id_classifier(**changed):
    small = {"channels": [4, 4], "frames_joined": 2, "dimensions": 6, "epochs": 2, "batch": 8}
    small |= {"spectrum_seconds": 0.0, "spectrum_channels": 4, "sub_clusters": 2}
    return IdClassifier(method="id_classifier", **{**small, **changed})
