import io
import struct

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
from hypothesis import example, given

from pygoodvibes.audio.wav import header_behind, header_of, read_pcm16

SAMPLES = (np.random.default_rng(0).normal(size=(500, 2)) * 3000).astype("<i2")
BYTES = SAMPLES.tobytes()
PCM = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(*, form=PCM, before=b"", size=2000, samples=BYTES, behind=b""):
    head = chunk(b"fmt ", form) + before + b"data" + struct.pack("<I", size)
    content = b"WAVE" + head + samples + behind
    return b"RIFF" + struct.pack("<I", len(content)) + content


def extensible(number):
    guid = struct.pack("<H", number) + bytes.fromhex("000000001000800000aa00389b71")
    return struct.pack("<HHIIHHHHI", 0xFFFE, 2, 8000, 32000, 4, 16, 22, 16, 3) + guid


def test_the_header_says_what_the_samples_are():
    header = header_of(io.BytesIO(wav()))
    assert (header.format, header.channels, header.sample_rate, header.bits) == (1, 2, 8000, 16)
    assert (header.start, header.promised) == (44, 2000)
    assert header.is_pcm16


@pytest.mark.parametrize(
    ("size", "promised"),
    [(2, 2), (0x7FFFEFFF, 0x7FFFEFFF)]
    + [(size, None) for size in (0, 0x7FFFF000, 0x7FFFFFDC, 0x80000000, 0xFFFFFFFF)],
)
def test_sizes_that_pipes_leave_behind_promise_nothing(size, promised):
    assert header_of(io.BytesIO(wav(size=size))).promised == promised


@pytest.mark.parametrize("note", [b"", chunk(b"note", b"abc"), chunk(b"JUNK", bytes(70000))])
@pytest.mark.parametrize("form", [PCM, PCM + b"\0\0", extensible(1)])
@pytest.mark.parametrize("behind", [b"", chunk(b"LIST", b"INFO")])
@pytest.mark.parametrize("rest", [b"", b"\1", b"\1\2\3"])
def test_samples_are_those_of_the_library(note, form, behind, rest):
    samples = BYTES + rest
    content = wav(form=form, before=note, size=len(samples), samples=samples, behind=behind)
    samples, sample_rate = read_pcm16(io.BytesIO(content))
    expected, rate = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    assert np.array_equal(samples, expected) and np.array_equal(samples, SAMPLES)
    assert sample_rate == rate == 8000


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
@pytest.mark.parametrize("behind", [b"", chunk(b"LIST", b"INFOISFT"), chunk(b"id3 ", b"abc") * 2])
def test_what_stands_behind_no_samples_is_no_sound(size, behind):
    samples, _ = read_pcm16(io.BytesIO(wav(size=size, samples=b"", behind=behind)))
    assert len(samples) == 0


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_samples_of_unknown_length_go_on_to_the_end(size):
    for content in (wav(size=size), wav(size=size) + b"\1\2\3"):
        assert np.array_equal(read_pcm16(io.BytesIO(content))[0], SAMPLES)
        assert header_of(io.BytesIO(content)).samples(len(content)) == len(SAMPLES)


def test_a_header_that_promises_more_than_there_is_is_not_believed():
    content = wav(size=2001)
    assert header_of(io.BytesIO(content)).samples(len(content)) == len(SAMPLES)
    assert np.array_equal(read_pcm16(io.BytesIO(content))[0], SAMPLES)


@pytest.mark.parametrize(
    "form",
    [
        struct.pack("<HHIIHH", 3, 2, 8000, 64000, 8, 32),
        struct.pack("<HHIIHH", 1, 2, 8000, 48000, 6, 24),
        struct.pack("<HHIIHH", 1, 0, 8000, 0, 0, 16),
        struct.pack("<HHIIHH", 1, 2, 0, 0, 4, 16),
        extensible(3),
    ],
    ids=["float", "24 bit", "no channel", "no rate", "extensible float"],
)
def test_other_kinds_are_not_read_here(form):
    header = header_of(io.BytesIO(wav(form=form)))
    assert header is not None and not header.is_pcm16
    assert read_pcm16(io.BytesIO(wav(form=form))) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no sound, but a text",
        wav()[:40],
        wav()[:30],
        wav(form=b"short"),
        wav().replace(b"RIFF", b"RIFX"),
        wav().replace(b"fmt ", b"note"),
        wav(before=b"note\xff\xff\xff\xff"),
    ],
)
def test_what_is_no_wav_has_no_header(content):
    assert header_of(io.BytesIO(content)) is None
    assert read_pcm16(io.BytesIO(content)) is None


def test_a_stream_is_left_at_its_first_sample():
    stream = io.BytesIO(wav()[12:])
    header_behind(stream)
    assert stream.read() == BYTES


@given(content=st.binary(max_size=80))
@example(content=wav()[12:])
def test_whatever_follows_is_taken_or_left(content):
    read_pcm16(io.BytesIO(b"RIFF\0\0\0\0WAVE" + content))
