import collections
import os
import random
import time

import pytest

from clip_folders import mimii_paths, touch
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.util.errors import UserError


def test_detect(tmp_path):
    touch(tmp_path, "d/fan/train/normal_id_00_00000000.wav", *mimii_paths("m/fan/"))
    for folder, layout in (("d", "dcase"), ("d/fan", "dcase"), ("m", "mimii"), ("m/fan", "mimii")):
        found = find_clips(tmp_path / folder)
        assert found == find_clips(tmp_path / folder, layout=layout)
        assert not any(clip.reason for clip in found)


def test_layout_can_be_forced(tmp_path):
    touch(tmp_path, "fan/train/normal_id_00_00000000.wav", *mimii_paths("fan/"))
    with pytest.raises(UserError, match=r"both the DCASE layout .* and the MIMII layout"):
        find_clips(tmp_path)
    good = [clip for clip in find_clips(tmp_path, layout="dcase") if not clip.reason]
    assert [clip.path for clip in good] == ["fan/train/normal_id_00_00000000.wav"]
    good = [clip for clip in find_clips(tmp_path, layout="mimii") if not clip.reason]
    assert len(good) == 40


def test_neither_layout(tmp_path):
    touch(tmp_path, "recordings/one.wav")
    with pytest.raises(UserError, match=r"has audio \(recordings/one.wav\) but in no known lay"):
        find_clips(tmp_path)


def test_folder_one_too_high(tmp_path):
    touch(tmp_path, "a/dev_data/fan/train/normal_id_00_00000000.wav")
    with pytest.raises(UserError, match=f"perhaps {tmp_path / 'a' / 'dev_data'} is the folder"):
        find_clips(tmp_path)
    assert len(find_clips(tmp_path / "a" / "dev_data")) == 1


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        find_clips(tmp_path / "nowhere")
    touch(tmp_path, "fan/readme.txt")
    with pytest.raises(UserError, match=r"no recordings in it .*; the DCASE layout is"):
        find_clips(tmp_path)
    with pytest.raises(UserError, match="is a file, not a folder"):
        find_clips(tmp_path / "fan" / "readme.txt")
    touch(tmp_path, "fan/train/a.m4a")
    with pytest.raises(UserError, match=r"but other audio, such as fan/train/a\.m4a"):
        find_clips(tmp_path, layout="mimii")


def test_nothing_usable(tmp_path):
    touch(tmp_path, "fan/train/one.wav", "fan/train/two.wav")
    with pytest.raises(UserError, match=r"not one of the 2 clips .*one\.wav: wrong name"):
        find_clips(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "DCASE"}, "the layout is 'DCASE'; choose auto, dcase, mimii or manifest"),
        ({"layout": "mimii", "manifest": "x.csv"}, "leave one out"),
        ({"layout": "manifest"}, "no manifest is given"),
    ],
)
def test_contradicting_options(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        find_clips(tmp_path, **options)


def test_order_of_the_file_system_does_not_matter(tmp_path):
    paths = mimii_paths()
    first, second = tmp_path / "first", tmp_path / "second"
    touch(first, *paths)
    random.Random(1).shuffle(paths)
    touch(second, *paths)
    assert find_clips(first) == find_clips(second)


def test_a_data_set_of_full_size_is_listed_quickly(tmp_path):
    for machine in ("fan", "pump"):
        for split in ("train", "test"):
            folder = tmp_path / machine / split
            folder.mkdir(parents=True)
            for i in range(500):
                os.mknod(folder / f"normal_id_00_{i:08d}.wav")
    start = time.process_time()
    assert len(find_clips(tmp_path)) == 2000
    # 0.02 s here; opening the files would take far longer than this.
    assert time.process_time() - start < 0.5


@pytest.mark.shared
def test_real_clips(shared):
    clips = find_clips(shared / "data" / "dcase2020_clips")
    clips += find_clips(shared / "data" / "mimii_fan_0db")
    assert len(clips) == 205
    assert not any(clip.reason for clip in clips)
    counts = collections.Counter((c.machine, c.id, c.split, c.label) for c in clips)
    assert counts["slider", "00", "train", "normal"] == 75
    assert counts["pump", "02", "test", "anomaly"] == 0
