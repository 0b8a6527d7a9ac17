"""The power in bands by compiled code: the operations of `mel_steps`, eight frames at a time.

Comes in: a signal and a `Plan`. Goes out: what `mel_steps.band_power` gives, to the same bytes. The
code is written for LLVM, which llvmlite brings, and compiled when it is first needed, for any
processor with AVX2 (x86-64-v3) or for that of another machine. Multiplications and additions are
not fused and not reordered, so that nothing depends on the processor.

Frames lie side by side: one register holds the same sample of eight frames, so that no operation
mixes the numbers of a register but the transposition of samples and of bands.
"""

import ctypes
import functools
import platform
from collections.abc import Callable

import numpy as np

from pygoodvibes.audio.mel_plan import GROUP, Plan

WORTH_FRAMES = 12_000
"""Frames of a process from which on compiling is worth it: it takes as long as 20 clips of 10 s do
by `mel_steps`, log-mel frames and condition."""

PROCESSOR = "x86-64-v3" if platform.machine().lower() in ("x86_64", "amd64") else ""
"""What code is compiled for; else for what LLVM takes for granted on this machine."""

_ARGUMENTS = "pnnnnppppppppp"
_frames_asked_for = 0


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
    global _frames_asked_for
    _frames_asked_for += n_frames
    return (_compiled.cache_info().currsize or _frames_asked_for >= WORTH_FRAMES) and prepare()


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled() is not None


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
    code = _compiled()
    if code is None:
        raise RuntimeError("the mel kernel can't be compiled on this machine")
    n_frames = 1 + (len(signal) - plan.n_fft) // hop_length
    missing = (GROUP - n_frames) * hop_length if n_frames < GROUP else 0
    signal = np.ascontiguousarray(signal, dtype=np.float32)
    if missing:
        signal = np.concatenate([signal, np.zeros(missing, dtype=np.float32)])
    n_computed = max(n_frames, GROUP)
    power = np.empty((n_computed, len(plan.first)), dtype=np.float32)
    # complex values, squares, and the bands of a group; one register more to begin at its size
    memory = np.empty((plan.n_fft + plan.n_fft // 2 + 1 + GROUP + 1) * GROUP, dtype=np.float32)
    memory = memory[-memory.ctypes.data // 4 % GROUP :]
    tables = (plan.taper, plan.twiddles, plan.places, plan.turns)
    bands = (plan.first, plan.starts, plan.weights)
    code(
        signal.ctypes.data,
        hop_length,
        n_computed,
        plan.n_fft,
        len(plan.first),
        *(table.ctypes.data for table in (*tables, *bands, power, memory)),
    )
    return power[:n_frames, : plan.n_mels]


@functools.cache
def _compiled() -> Callable | None:
    """Return the compiled function, or None where that can't be."""
    try:
        from llvmlite import binding

        from pygoodvibes.audio.mel_code import NAME, write
    except ImportError:
        return None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    if PROCESSOR and not binding.get_host_cpu_features().get("avx2"):
        return None
    module = binding.parse_assembly(write())
    module.verify()
    target = binding.Target.from_triple(binding.get_process_triple())
    machine = target.create_target_machine(cpu=PROCESSOR, opt=3)
    options = binding.create_pipeline_tuning_options(speed_level=3)
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    kinds = {"p": ctypes.c_void_p, "n": ctypes.c_int64}
    signature = ctypes.CFUNCTYPE(None, *(kinds[kind] for kind in _ARGUMENTS))
    function = signature(engine.get_function_address(NAME))
    function.engine = engine  # the code goes with it
    return function
