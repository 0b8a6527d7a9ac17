"""The same bytes whatever the shell and the processor make NumPy choose."""

import os
import pathlib
import subprocess
import sys

import pytest

COMPUTE = """
import hashlib
import pygoodvibes
import numpy as np
from pygoodvibes.audio.mel import log_mel
from pygoodvibes.embeddings.projection import fit_pca
signal = np.random.default_rng(0).normal(size=32000).astype(np.float32)
frames = log_mel(signal, sample_rate=16000)
pca = fit_pca(frames, n_components=0.9, standardize=True, whiten=False)
waves = np.sin(np.exp(signal.astype(np.float64)))
print([hashlib.sha256(each.tobytes()).hexdigest() for each in (frames, pca.components, waves)])
"""


def compute(**variables):
    names = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", COMPUTE],
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(
    " avx2 " not in pathlib.Path("/proc/cpuinfo").read_text()
    if pathlib.Path("/proc/cpuinfo").is_file()
    else True,
    reason="the kernels are chosen on x86 processors under Linux alone",
)
@pytest.mark.parametrize(
    "variables",
    [
        {"OPENBLAS_CORETYPE": "Prescott"},
        {"OPENBLAS_CORETYPE": "SkylakeX", "OPENBLAS_L2_SIZE": "512"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V4"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    ],
)
def test_neither_shell_nor_processor_choose_how_numbers_are_rounded(variables):
    assert compute(**variables) == compute()
