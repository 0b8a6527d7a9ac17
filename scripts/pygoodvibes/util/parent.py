"""Jobs end with the process that started them, whatever ended it.

A job that outlives its Snakemake would go on writing to files that the next run makes.
"""

import ctypes
import os
import signal
import sys

_SET_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of <sys/prctl.h>."""


def end_with(parent: int) -> None:
    """Let the system kill this process as soon as its parent has ended; Linux only.

    Parameters
    ----------
    parent : int
        Number of the process that is its parent. If that has ended already, so does this one.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
