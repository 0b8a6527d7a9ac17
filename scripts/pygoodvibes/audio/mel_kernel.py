"""The power in bands by compiled code: the operations of `mel_steps`, eight frames at a time.

Comes in: a signal and a `Plan`. Goes out: what `mel_steps.band_power` gives, to the same bytes. The
code is written for LLVM, which llvmlite brings, and compiled when it is first needed, for any
processor with AVX2 (x86-64-v3) or for that of another machine. Multiplications and additions are
not fused and not reordered, so that nothing depends on the processor.

Frames lie side by side: one register holds the same sample of eight frames, so that no operation
mixes the numbers of a register but the transposition of samples and of bands.
"""

import numpy as np

from pygoodvibes.audio.mel_plan import GROUP, Plan
from pygoodvibes.util.compiled import Compiled

WORTH_FRAMES = 12_000
"""Frames of a process from which on compiling is worth it: it takes as long as 20 clips of 10 s do
by `mel_steps`, log-mel frames and condition."""


def _write() -> str:
    from pygoodvibes.audio.mel_code import write

    return write()


_compiled = Compiled("band_power", _write, "pnnnnppppppppp", what="the mel kernel")


def ready(n_frames: int) -> bool:
    """Return whether compiled code is there, or worth having for so many frames more.

    Parameters
    ----------
    n_frames : int >= 0
        Frames about to be computed.

    Returns
    -------
    bool
        Never True where llvmlite is missing or the processor has no AVX2.
    """
    return _compiled.worth_it(n_frames, least=WORTH_FRAMES)


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled.function() is not None


def band_power(signal: np.ndarray, hop_length: int, plan: Plan) -> np.ndarray:
    """Compute the power in mel bands of the frames of a signal.

    Parameters
    ----------
    signal, hop_length, plan
        As in `mel_steps.band_power`.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        The same, to the byte.

    Raises
    ------
    RuntimeError
        If there is no compiled code (`prepare`).
    """
    n_frames = 1 + (len(signal) - plan.n_fft) // hop_length
    missing = (GROUP - n_frames) * hop_length if n_frames < GROUP else 0
    signal = np.ascontiguousarray(signal, dtype=np.float32)
    if missing:
        signal = np.concatenate([signal, np.zeros(missing, dtype=np.float32)])
    power = np.empty((max(n_frames, GROUP), len(plan.first)), dtype=np.float32)
    _run(signal, hop_length, plan, power)
    return power[:n_frames, : plan.n_mels]


def centred_power(signal: np.ndarray, hop_length: int, plan: Plan) -> np.ndarray:
    """Compute the power in mel bands of frames around every `hop_length`-th sample.

    Parameters
    ----------
    signal, hop_length, plan
        As in `band_power`, which gives the same where half a frame of zeros stands at both ends.
        Here no more than these ends is copied.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]

    Raises
    ------
    RuntimeError
        As `band_power`.
    """
    half = plan.n_fft // 2
    n_frames = 1 + len(signal) // hop_length
    # frames that begin before the signal, lie in it, and end behind it
    before = -(-half // hop_length)
    offset = before * hop_length - half
    inside = 1 + (len(signal) - offset - plan.n_fft) // hop_length
    behind = n_frames - before - inside
    if inside < GROUP:
        return band_power(np.pad(signal, half), hop_length, plan)
    signal = np.ascontiguousarray(signal, dtype=np.float32)
    power = np.empty((n_frames, len(plan.first)), dtype=np.float32)
    _run(signal[offset:], hop_length, plan, power[before : before + inside])
    # both ends in one strip, so far apart that no frame of one reaches the other
    place = before - 1 + -(-plan.n_fft // hop_length)
    strip = np.zeros((place + behind - 1) * hop_length + plan.n_fft, dtype=np.float32)
    left = signal[: (before - 1) * hop_length + half]
    strip[half : half + len(left)] = left
    room = strip[place * hop_length :]
    right = signal[(before + inside) * hop_length - half :][: len(room)]
    room[: len(right)] = right
    ends = band_power(strip, hop_length, plan)
    power[:before, : plan.n_mels] = ends[:before]
    power[before + inside :, : plan.n_mels] = ends[place : place + behind]
    return power[:, : plan.n_mels]


def _run(signal: np.ndarray, hop_length: int, plan: Plan, power: np.ndarray) -> None:
    """Fill all rows of `power`, at least `GROUP`, with the frames from the first sample on."""
    # complex values, squares, and the bands of a group; one register more to begin at its size
    memory = np.empty((plan.n_fft + plan.n_fft // 2 + 1 + GROUP + 1) * GROUP, dtype=np.float32)
    start = memory.ctypes.data
    _compiled.run(
        signal.ctypes.data,
        hop_length,
        len(power),
        plan.n_fft,
        len(plan.first),
        *plan.addresses,
        power.ctypes.data,
        start + -start % (4 * GROUP),
    )
