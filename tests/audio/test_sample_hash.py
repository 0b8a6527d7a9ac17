import numpy as np
import pytest
import soundfile

import own_machine
from pygoodvibes.audio.read import read_audio
from pygoodvibes.audio.sample_hash import hash_samples

AUDIO = {"sample_rate": own_machine.RATE, "resample": False, "channel": 0}


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("b.flac", "PCM_16"),
        ("b.aiff", "PCM_16"),
        ("b.caf", "PCM_16"),
        ("b.wav", "PCM_24"),
        ("b.wav", "FLOAT"),
        ("b.w64", "DOUBLE"),
    ],
)
def test_another_container_holds_the_same_samples(tmp_path, name, subtype):
    samples = (own_machine.sound(1) * 30000).astype(np.int16)
    samples[:50] = 0
    soundfile.write(tmp_path / "a.wav", samples, own_machine.RATE)
    soundfile.write(tmp_path / name, samples / 32768, own_machine.RATE, subtype=subtype)
    assert (tmp_path / "a.wav").read_bytes() != (tmp_path / name).read_bytes()
    first, second = (hash_samples(read_audio(tmp_path / each, **AUDIO)) for each in ("a.wav", name))
    assert first == second and len(first) == 32


def test_one_other_sample_gives_another_hash():
    samples = own_machine.sound(1).astype(np.float32)
    other = samples.copy()
    other[-1] += np.float32(1 / 32768)
    assert len({hash_samples(each) for each in (samples, other, samples[:-1])}) == 3


def test_a_zero_has_no_sign_and_strides_do_not_matter():
    samples = own_machine.sound(1).astype(np.float32)
    samples[3] = 0.0
    negative = samples.copy()
    negative[3] = -0.0
    both = np.stack([samples, samples], axis=1)
    assert hash_samples(samples) == hash_samples(negative) == hash_samples(both[:, 1])
