import io
import struct

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio.complete import check_complete, check_decoded, check_held, check_rest
from pygoodvibes.util.errors import UserError

SOUND = np.random.default_rng(0).normal(scale=0.1, size=(8000, 2))

STATED = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAVEX", "FLOAT"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AIFF", "FLOAT"),
    ("AU", "PCM_16"),
    ("CAF", "PCM_16"),
    ("CAF", "ALAC_16"),
]
"""Containers that state how many bytes of samples follow."""

OTHERS = [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]


def written(container, subtype, sound=SOUND):
    file = io.BytesIO()
    soundfile.write(file, sound, 16000, format=container, subtype=subtype)
    return file.getvalue()


def check(content):
    check_complete(io.BytesIO(content))


def why(content):
    with pytest.raises(UserError) as raised:
        check(content)
    return str(raised.value)


@pytest.mark.parametrize("kind", [*STATED, *OTHERS], ids="-".join)
@pytest.mark.parametrize("samples", [1, 7, 8000])
def test_a_whole_file_is_left_at_its_start(kind, samples):
    file = io.BytesIO(written(*kind, SOUND[:samples]))
    check_complete(file)
    assert file.tell() == 0


@pytest.mark.parametrize("kind", STATED, ids="-".join)
@pytest.mark.parametrize("cut", [1, 100, 9000])
def test_a_file_that_ends_early_is_truncated(kind, cut):
    assert "truncated: the header promises" in why(written(*kind)[:-cut])


@pytest.mark.parametrize("kind", STATED, ids="-".join)
def test_a_header_that_promises_less_than_there_is_is_wrong(kind):
    content = written(*kind)
    assert "and 9000 more follow that it doesn't know" in why(content + content[-9000:])
    assert "its header is wrong" in why(content + content)  # two recordings in one file


@pytest.mark.parametrize("kind", [kind for kind in STATED if kind[0] != "W64"], ids="-".join)
@pytest.mark.parametrize(
    "behind", [b"\1\2\3", bytes(5000), b"TAG" + b"x" * 125, b"ID3\4" + b"x" * 90]
)
def test_a_tag_or_zeros_behind_all_are_no_sound(kind, behind):
    check(written(*kind) + behind)


def wav(size, behind=b"", samples=SOUND[:, 0]):
    sound = (samples * 30000).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    content = b"WAVEfmt " + struct.pack("<I", 16) + form
    content += b"data" + struct.pack("<I", size) + sound + behind
    return b"RIFF" + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize(
    "behind",
    [
        b"LIST\4\0\0\0INFO",
        b"note\3\0\0\0abc",  # the last may lack its padding
        b"note\3\0\0\0abc\0LIST\4\0\0\0INFO",
        b"LIST\xff\0\0\0INFO and too short",
        b"LIST\4\0\0\0INFO" + b"\xf0garbage" * 9,
    ],
)
def test_chunks_behind_the_samples_are_no_sound(behind):
    check(wav(16000, behind))


def test_chunks_behind_samples_of_an_odd_number_may_stand_beside_their_place():
    notes = b"LIST\4\0\0\0INFO"
    for padding in (b"", b"\0"):
        check(wav(16001, b"\5" + padding + notes))


@pytest.mark.parametrize(
    "behind", [b"data\4\0\0\0abcd", b"RIFF\4\0\0\0WAVE", b"abcd\xff\xff\0\0" + b"\1" * 90]
)
def test_more_sound_behind_the_samples_is_not_passed_over(behind):
    assert "promises 16000 bytes" in why(wav(16000, behind))


def test_nor_is_sound_behind_other_chunks():
    assert "promises 16000" in why(wav(16000, b"LIST\4\0\0\0INFO" + b"data\4\0\0\0abcd"))


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFDC, 0x80000000, 0xFFFFFFFF])
def test_a_size_that_a_pipe_left_behind_promises_nothing(size):
    check(wav(size))


@pytest.mark.parametrize("container", ["AU", "AIFF"])
@pytest.mark.parametrize("size", [0, 0x7F000000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_nor_does_one_of_an_au_or_aiff(container, size):
    content = written(container, "PCM_16")
    place = 8 if container == "AU" else content.index(b"SSND") + 4
    check(content[:place] + struct.pack(">I", size) + content[place + 4 :])


def test_an_rf64_takes_its_size_from_where_it_has_room():
    content = bytearray(written("RF64", "PCM_16"))
    place = content.index(b"ds64") + 16
    content[place : place + 8] = struct.pack("<Q", 30000)
    assert "promises 30000 bytes, and 2000 more follow" in why(bytes(content))
    content[place : place + 8] = struct.pack("<Q", 2**40)
    assert f"promises {2**40} bytes, 32000 follow" in why(bytes(content))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_without_its_end_mark_is_truncated(subtype):
    content = written("OGG", subtype)
    for cut in (1, 500, len(content) // 2):
        assert "without the end mark" in why(content[:-cut])
    # whole pages only
    assert "without the end mark" in why(content[: content.rindex(b"OggS")])
    check(content + bytes(500))


def test_of_an_ogg_of_several_recordings_only_the_first_would_be_heard():
    content = written("OGG", "VORBIS")
    assert "several recordings one after the other" in why(content + content)


def test_a_flac_is_as_long_as_its_frames():
    content = bytearray(written("FLAC", "PCM_16"))

    def saying(total):
        content[22:26] = struct.pack(">I", total)
        return bytes(content)

    check(saying(8000))
    assert "promises 4000 samples, and there are 8000" in why(saying(4000))
    assert "truncated: the header promises 9000 samples, 8000 follow" in why(saying(9000))
    check(saying(0))  # as of a stream
    assert "in the middle of a frame" in why(saying(0)[:-50])


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound, but a text\n" * 9, b"fLaC", b"OggT"])
def test_what_is_none_of_these_is_left_to_the_decoder(content):
    check(content)


@pytest.mark.parametrize("kind", [*STATED, *OTHERS], ids="-".join)
def test_altered_headers_are_taken_or_refused(kind):
    good = written(*kind)
    rng = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(good)
        for place in rng.integers(0, min(len(good), 150), 4):
            content[place] = rng.integers(256)
        try:
            check(content)
        except UserError as error:
            assert "truncated" in str(error) or "wrong" in str(error) or "several" in str(error)


def test_numbers_are_compared_in_both_directions():
    check_held(5, 5)
    check_decoded(5, 5)
    with pytest.raises(UserError, match="promises 5 bytes, 0 follow"):
        check_held(5, -3)
    with pytest.raises(UserError, match="promises 5 samples, 4 follow"):
        check_decoded(5, 4)
    with pytest.raises(UserError, match="promises 5 samples, and there are 6"):
        check_decoded(5, 6)


def test_behind_the_samples_of_a_stream_only_chunks_are_taken():
    for rest in (b"", b"\1\2\3", bytes(9), b"LIST\4\0\0\0I"):
        check_rest(4, rest)
    check_rest(3, b"\0LIST\4\0\0\0")
    for rest in (b"\1\2\3\4\5\6\7\x08\x09", b"data\4\0\0\0a"):
        with pytest.raises(UserError, match="promises 4 bytes, and more follow"):
            check_rest(4, rest)
