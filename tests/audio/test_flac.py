import io

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import flac


def written(samples, channels=1, rate=16000, subtype="PCM_16"):
    sound = np.random.default_rng(samples).normal(scale=0.1, size=(samples, channels))
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="FLAC", subtype=subtype)
    return file.getvalue()


def count(content):
    return flac.count(io.BytesIO(content), len(content))


@pytest.mark.parametrize("samples", [16, 1000, 4096, 4097, 700000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_last_frame_tells_the_length(samples, channels):
    assert count(written(samples, channels)) == (samples, samples)


@pytest.mark.parametrize("rate", [1000, 8000, 12345, 44100, 192000, 655350])
@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
def test_at_every_rate_and_width(rate, subtype):
    assert count(written(5000, rate=rate, subtype=subtype)) == (5000, 5000)


def test_a_file_that_ends_in_a_frame_has_no_length():
    content = written(9000)
    for cut in (1, 100, 2000):
        assert count(content[:-cut]) == (9000, 0)


def test_a_tag_behind_the_frames_is_passed_over():
    assert count(written(9000) + b"TAG" + bytes(125)) == (9000, 9000)


@pytest.mark.parametrize("content", [b"", b"fLaC", b"fLaC" + bytes(200), written(9000)[:60]])
def test_what_has_no_frame_is_left_to_the_decoder(content):
    assert count(content) is None
