"""PyGoodVibes: unsupervised anomalous sound detection, from raw audio to reviewed tables."""

import os
import pathlib
import sys

__version__ = "0.1.0"


def _fix_rounding() -> None:
    """Have NumPy and SciPy compute with the same kernels whatever the processor and the shell.

    OpenBLAS picks its kernels by the processor, or by a variable, and each adds in an order of its
    own; NumPy takes logarithms and sines from another library where there is AVX-512. Frames would
    differ by 1e-5 dB, and what a network learns from them by far more. Both look at these variables
    when they are loaded, so this has to come first. Every x86 processor since 2013 has AVX2.
    """
    cpu = pathlib.Path("/proc/cpuinfo")
    if "numpy" not in sys.modules and cpu.is_file() and " avx2 " in cpu.read_text():
        os.environ.update(
            OPENBLAS_CORETYPE="Haswell",
            NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR",
        )


_fix_rounding()
