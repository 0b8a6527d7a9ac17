import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.audio import mel_kernel, mel_plan, mel_steps

HASH_OF_FRAMES = """
import hashlib, sys
import numpy as np
if sys.argv[1] == "without":
    sys.modules["llvmlite"] = None
from pygoodvibes.audio import mel, mel_kernel
signal = np.random.default_rng(0).normal(size=480_000).astype(np.float32)
mel_kernel.WORTH_FRAMES = 10**9 if sys.argv[1] == "later" else 0
frames = mel.log_mel(signal, sample_rate=16000)
print(hashlib.sha256(frames.tobytes()).hexdigest(), mel_kernel.prepare())
"""


def python(code, root, *arguments):
    """Return the words that code prints in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture(scope="module", autouse=True)
def compiled():
    if not mel_kernel.prepare():
        pytest.skip("this processor has no AVX2")


@settings(max_examples=60)
@given(
    exponent=st.integers(4, 12),
    hop_length=st.integers(1, 700),
    n_frames=st.integers(1, 30),
    n_mels=st.integers(1, 20),
    seed=st.integers(0, 99),
)
def test_the_bytes_are_those_of_the_steps(exponent, hop_length, n_frames, n_mels, seed):
    n_fft = 2**exponent
    rng = np.random.default_rng(seed)
    bank = np.zeros((n_mels, 1 + n_fft // 2), dtype=np.float32)
    for band in bank:
        first = rng.integers(len(band))
        band[first : first + rng.integers(1, 40)] = rng.uniform(0.1, 1)
    plan = mel_plan.make(rng.uniform(size=n_fft).astype(np.float32), bank)
    samples = n_fft + (n_frames - 1) * hop_length + rng.integers(hop_length)
    signal = (10.0 ** rng.uniform(-6, 6) * rng.normal(size=samples)).astype(np.float32)
    expected = mel_steps.band_power(signal, hop_length, plan)
    found = mel_kernel.band_power(signal, hop_length, plan)
    assert found.shape == expected.shape == (n_frames, n_mels)
    assert found.tobytes() == expected.tobytes()


@settings(max_examples=150)
@given(
    exponent=st.integers(4, 9),
    hop_length=st.integers(1, 700),
    n_frames=st.integers(1, 40),
    rest=st.integers(0, 699),
    seed=st.integers(0, 99),
)
def test_frames_around_samples_are_those_of_the_padded_signal(
    exponent, hop_length, n_frames, rest, seed
):
    n_fft = 2**exponent
    rng = np.random.default_rng(seed)
    bank = rng.uniform(0.1, 1, size=(5, 1 + n_fft // 2)).astype(np.float32)
    plan = mel_plan.make(rng.uniform(size=n_fft).astype(np.float32), bank)
    signal = rng.normal(size=(n_frames - 1) * hop_length + rest % hop_length + 1)
    signal = signal.astype(np.float32)
    expected = mel_steps.band_power(np.pad(signal, n_fft // 2), hop_length, plan)
    found = mel_kernel.centred_power(signal, hop_length, plan)
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


def test_a_signal_that_does_not_lie_in_a_row_is_read_as_it_is():
    rng = np.random.default_rng(0)
    plan = mel_plan.make(np.ones(64, dtype=np.float32), np.ones((1, 33), dtype=np.float32))
    two = rng.normal(size=(5000, 2)).astype(np.float32)
    one = np.ascontiguousarray(two[:, 1])
    assert (
        mel_kernel.band_power(two[:, 1], 10, plan).tobytes()
        == mel_steps.band_power(one, 10, plan).tobytes()
    )


def test_the_same_bytes_with_and_without_and_before_it_is_worth_it(root):
    with_code, there = python(HASH_OF_FRAMES, root, "with")
    assert there == "True"
    assert python(HASH_OF_FRAMES, root, "without") == [with_code, "False"]
    assert python(HASH_OF_FRAMES, root, "later")[0] == with_code


def test_few_frames_are_not_worth_compiling(root):
    assert python(
        """
from pygoodvibes.audio import mel_kernel
half = mel_kernel.WORTH_FRAMES // 2
print([bool(mel_kernel.ready(frames)) for frames in (half, half - 1, 0, 1, 0)])
""",
        root,
    ) == ["[False,", "False,", "False,", "True,", "True]"]


def test_without_compiled_code_it_says_so(root):
    assert (
        " ".join(
            python(
                """
import sys
sys.modules["llvmlite"] = None
import numpy as np
from pygoodvibes.audio import mel_kernel, mel_plan
plan = mel_plan.make(np.ones(64, dtype=np.float32), np.ones((1, 33), dtype=np.float32))
try:
    mel_kernel.band_power(np.zeros(64, dtype=np.float32), 10, plan)
except RuntimeError as error:
    print(error)
""",
                root,
            )
        )
        == "the mel kernel can't be compiled on this machine"
    )
