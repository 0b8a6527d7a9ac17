"""The hash of a clip's samples: equal for the same sound in another container.

Comes in: samples as the detectors hear them. Goes out: their hash.
"""

import numpy as np
import xxhash


def hash_samples(signal: np.ndarray) -> str:
    """Hash samples.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,), real]
        Amplitude of one channel; full scale is 1.

    Returns
    -------
    str
        XXH3, 128 bits, in hexadecimal digits. PCM of 16 bits gives the same in a WAV, a FLAC, an
        AIFF, and as float.
    """
    samples = np.ascontiguousarray(signal, dtype="<f4")
    # a zero has no sign: some formats keep -0.0, whose bits are the lowest whole number
    if len(samples) and samples.view("<i4").min() == np.iinfo(np.int32).min:
        samples = samples + np.float32(0)
    return xxhash.xxh3_128_hexdigest(samples)
