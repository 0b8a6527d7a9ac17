import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.condition import COLUMNS, measure
from pygoodvibes.audio.mel import log_mel
from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.config.config import Audio, Mel
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.errors import UserError

AUDIO = Audio().model_dump(mode="json")
MEL = Mel().model_dump(mode="json")


def row(number, **more):
    clip = f"normal_id_00_{number:08d}.wav"
    known = {"clip": clip, "path": f"fan/train/{clip}", "split": "train", "label": "normal"}
    return {**known, "seconds": "", "sample_rate": "", "status": "ok", **more}


def frames(n_frames, n_mels=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n_frames, n_mels)).astype(np.float32)


@given(lengths=st.lists(st.integers(1, 40), max_size=8), n_mels=st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_clips_of_any_lengths_come_back(tmp_path_factory, lengths, n_mels):
    folder = tmp_path_factory.mktemp("cache")
    clips = [(row(n), frames(length, n_mels, seed=n)) for n, length in enumerate(lengths)]
    # one clip in the middle that has no frames
    clips.insert(len(clips) // 2, (row(99), "digital silence"))
    written = mel_cache.write(folder / "00.npy", folder / "00.clips.csv", clips)
    assert written == len(lengths)
    cache = mel_cache.open_cache(folder / "00.npy", folder / "00.clips.csv")
    assert cache.frames.shape == (sum(lengths), n_mels if lengths else 0)
    assert len(cache.clips) == len(lengths)
    expected = [pair for pair in clips if not isinstance(pair[1], str)]
    for (clip, values), (record, original) in zip(cache, expected, strict=True):
        assert clip["clip"] == record["clip"]
        assert np.array_equal(values, original)
    # any NumPy can read the array
    assert np.array_equal(np.load(folder / "00.npy"), cache.frames)


def test_frames_are_mapped_and_not_read(tmp_path):
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [(row(0), frames(5))])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    assert isinstance(cache.frames, np.memmap)
    assert cache.frames.dtype == np.float32
    assert cache.n_mels == 4


def test_a_clip_without_frames_keeps_its_row_and_its_reason(tmp_path):
    clips = [(row(0), frames(5)), (row(1), "digital silence"), (row(2), frames(3))]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", clips)
    records = read_records(tmp_path / "a.csv")
    assert tuple(records[0]) == mel_cache.COLUMNS
    assert [(r["offset"], r["frames"], r["status"]) for r in records] == [
        ("0", "5", "ok"),
        ("", "0", "digital silence"),
        ("5", "3", "ok"),
    ]


def test_clips_that_differ_in_their_bands_are_refused(tmp_path):
    clips = [(row(0), frames(5, 4)), (row(1), frames(5, 3))]
    with pytest.raises(UserError, match=r"normal_id_00_00000001\.wav: 3 mel bands.* have 4"):
        mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", clips)


def test_same_clips_same_bytes(tmp_path):
    for name in "ab":
        mel_cache.write(tmp_path / f"{name}.npy", tmp_path / f"{name}.csv", [(row(0), frames(5))])
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_compute_hands_on_frames_or_the_reason(tmp_path):
    (tmp_path / "fan/train").mkdir(parents=True)
    rng = np.random.default_rng(0)
    sound = rng.normal(scale=0.1, size=4000)
    contents = [sound, np.zeros(4000), np.append(sound, np.nan), sound[:1], sound[:1023]]
    rows = [row(number) for number in range(len(contents))] + [row(9, status="truncated")]
    for record, samples in zip(rows, contents, strict=False):
        soundfile.write(tmp_path / record["path"], samples, 16000, subtype="FLOAT")
    found = list(mel_cache.compute(rows, tmp_path, audio_settings=AUDIO, mel_settings=MEL))
    hashes = [record.pop("samples_xxh3_128", "") for record, _ in found]
    conditions = [{key: record.pop(key, "") for key in COLUMNS} for record, _ in found]
    assert conditions[0] == measure(sound) and conditions[1] == dict.fromkeys(COLUMNS, "")
    assert [record for record, _ in found] == rows
    assert hashes[0] == hash_samples(sound) and list(map(bool, hashes)) == [1, 0, 0, 0, 0, 0]
    results = [result for _, result in found]
    assert np.array_equal(results[0], log_mel(sound.astype(np.float32), sample_rate=16000))
    assert "silence" in results[1]
    assert "not finite" in results[2]
    assert isinstance(results[3], str)
    assert results[4] == "1023 samples are too few for one frame of 1024 (mel.n_fft)"
    assert results[5] == "truncated"


def test_a_clip_that_memory_can_not_hold_is_left_out(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(mel_cache, "read_audio", fail)
    [(_, reason)] = mel_cache.compute([row(0)], tmp_path, audio_settings=AUDIO, mel_settings=MEL)
    assert reason == "too large for the memory of this machine"


def test_a_copy_loses_its_frames_also_where_it_comes_first(tmp_path):
    clips = [(row(0), frames(5)), (row(1), frames(3)), (row(2), frames(4, seed=1))]
    seen = []

    def find_copies(records):
        seen.extend(dict(record) for record in records)
        return {0: "the same recording as another"}

    written = mel_cache.write(
        tmp_path / "a.npy", tmp_path / "a.csv", clips, find_copies=find_copies
    )
    assert written == 2 and [record["frames"] for record in seen] == [5, 3, 4]
    records = read_records(tmp_path / "a.csv")
    assert [(r["offset"], r["frames"], r["status"]) for r in records] == [
        ("", "0", "the same recording as another"),
        ("5", "3", "ok"),
        ("8", "4", "ok"),
    ]
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    for (_, found), (_, expected) in zip(cache, clips[1:], strict=True):
        assert np.array_equal(found, expected)


def test_bad_settings_are_no_matter_of_single_clips(tmp_path):
    # every clip has the same reason, none has frames: the status says which key is wrong
    (tmp_path / "fan/train").mkdir(parents=True)
    sound = np.random.default_rng(0).normal(scale=0.1, size=4000)
    soundfile.write(tmp_path / row(0)["path"], sound, 16000)
    settings_of_mel = {**MEL, "n_mels": 512}
    found = mel_cache.compute(
        [row(0)], tmp_path, audio_settings=AUDIO, mel_settings=settings_of_mel
    )
    assert "mel.n_mels: 512 bands" in next(found)[1]


class Heard:
    """A digest that keeps what it is told."""

    def __init__(self):
        self.first, self.rest = b"", b""

    def head(self, block):
        self.first = bytes(block)

    def update(self, block):
        self.rest += bytes(memoryview(block).cast("B"))

    def whole(self):
        return self.first + self.rest


@pytest.fixture
def with_a_copy(tmp_path):
    """A cache whose first and last clip are copies: their frames stay, and no row leads to them."""
    clips = [(row(number), frames(30 + number, seed=number)) for number in range(5)]
    told = Heard()
    mel_cache.write(
        tmp_path / "a.npy",
        tmp_path / "a.csv",
        clips,
        find_copies=lambda rows: {0: "a copy", 4: "a copy"},
        digest=told,
    )
    return tmp_path / "a.npy", tmp_path / "a.csv", told


def test_all_that_is_written_is_told(with_a_copy):
    array, _, told = with_a_copy
    assert len(told.first) == 128
    assert told.whole() == array.read_bytes()


def test_clips_are_read_once_from_the_first_byte_to_the_last(with_a_copy):
    array, table, told = with_a_copy
    heard = Heard()
    reading, cache = mel_cache.Reading(array, table, heard), mel_cache.open_cache(array, table)
    assert reading.clips == cache.clips and reading.n_mels == cache.n_mels
    read = list(reading)
    for (clip, values), (same, expected) in zip(read, cache, strict=True):
        assert clip == same and values.tobytes() == expected.tobytes()
    assert heard.whole() == told.whole()


def test_a_cache_without_frames_is_read_whole_too(tmp_path):
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [(row(0), "digital silence")])
    heard = Heard()
    assert list(mel_cache.Reading(tmp_path / "a.npy", tmp_path / "a.csv", heard)) == []
    assert heard.whole() == (tmp_path / "a.npy").read_bytes()


def test_a_cut_cache_gives_no_frames_that_are_not_there(with_a_copy):
    array, table, _ = with_a_copy
    array.write_bytes(array.read_bytes()[: 128 + 16 * 80])
    link = array.with_name("link.npy")
    link.symlink_to(array)
    # what the link leads to is to be deleted: the link alone would be made again
    with pytest.raises(UserError, match=r"link\.npy: altered or cut .*\(rm '.*/a\.npy'\)"):
        list(mel_cache.Reading(link, table, Heard()))
