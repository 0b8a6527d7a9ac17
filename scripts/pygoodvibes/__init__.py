"""PyGoodVibes: unsupervised anomalous sound detection, from raw audio to reviewed tables."""

import os
import pathlib
import sys

__version__ = "0.1.0"


def _fix_rounding() -> None:
    """Have NumPy and SciPy compute with the same kernels whatever the processor and the shell.

    OpenBLAS picks its kernels by the processor, or by these variables, and each kernel adds in an
    order of its own: frames differ by 1e-5 dB, and what a network learns from them by more. It
    reads the variables when NumPy is loaded, so this has to come first. Every x86 processor since
    2013 has what the chosen kernels take.
    """
    cpu = pathlib.Path("/proc/cpuinfo")
    if "numpy" not in sys.modules and cpu.is_file() and " avx2 " in cpu.read_text():
        os.environ.update(OPENBLAS_CORETYPE="Haswell")


_fix_rounding()
