import os

import pytest
import xxhash

from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import checksums


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resources/x").mkdir(parents=True)
    place = tmp_path / "resources/.cache"
    checksums.start(place)
    return place


def write(path, text, cache):
    path.write_text(text)
    checksums.note([path], cache)


def test_what_a_job_wrote_is_whole_also_behind_a_link_and_elsewhere(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    write(path, "a", cache)
    path.rename(cache / "0123.csv")
    path.symlink_to(cache / "0123.csv")
    checksums.check([path], cache)
    (cache / "0123.csv").write_text("b")
    with pytest.raises(UserError) as error:
        checksums.check([path], cache)
    assert str(error.value) == (
        "resources/x/a.csv: altered or cut since it was computed; delete it "
        "(rm 'resources/.cache/0123.csv') and run again"
    )


def test_of_a_folder_that_is_made_whole_no_file_is_to_be_deleted_alone(cache, tmp_path):
    folder = tmp_path.joinpath("resources/x/manifests").relative_to(tmp_path)
    (cache / "0123_ids/fan").mkdir(parents=True)
    folder.symlink_to(cache / "0123_ids")
    write(folder / "fan/00.csv", "a", cache)
    (folder / "fan/00.csv").write_text("b")
    with pytest.raises(
        UserError, match=r"what its job has made \(rm -r 'resources/.cache/0123'\*\) and"
    ):
        checksums.check([folder / "fan/00.csv"], cache)


def test_a_result_of_earlier_settings_is_whole_too(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    write(path, "first", cache)
    write(path, "second", cache)
    path.write_text("first")
    checksums.check([path], cache)


def test_files_in_folders_are_checked_and_others_than_those_of_jobs_are_not(cache, tmp_path):
    folder = tmp_path.joinpath("resources/x/manifests").relative_to(tmp_path)
    folder.mkdir()
    (folder / "a.csv").write_text("a")
    checksums.note([folder], cache)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.wav").write_text("never noted")
    checksums.check([folder, "data", "data/a.wav", "resources/x/missing.csv"], cache)
    (folder / "a.csv").write_text("b")
    with pytest.raises(UserError, match=r"manifests/a\.csv: altered"):
        checksums.check([folder], cache)


def test_files_older_than_the_first_checksum_are_not_judged(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    path.write_text("a")
    os.utime(path, ns=(0, 0))
    checksums.start(cache)
    checksums.check([path], cache)


def test_nothing_is_checked_beside_an_object_store(monkeypatch):
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", "s3://bucket/resources/.cache")
    assert checksums.earlier_results() is None
    checksums.check(["resources/x/a.csv"], None)
    checksums.note(["resources/x/a.csv"], None)


def test_all_files_are_read_once_and_the_damaged_told(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    write(path, "a", cache)
    path.rename(cache / "0123.csv")
    path.symlink_to(cache / "0123.csv")
    (tmp_path / "resources/x/job_costs").mkdir()
    (tmp_path / "resources/x/job_costs/mel.tsv").write_text("written by Snakemake")
    (cache / "4567.csv").write_text("half")
    files, damaged = checksums.check_all(path.parent, cache)
    assert len(files) == 2 and damaged == [cache / "4567.csv"]


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 2**20 + 127, 2**20 + 129, 3 * 2**20])
def test_checksum_is_that_of_the_whole_file_its_head_last(tmp_path, size):
    content = (bytes(range(251)) * 13000)[:size]
    (tmp_path / "a").write_bytes(content)
    expected = xxhash.xxh3_128_hexdigest(content[128:] + content[:128])
    assert checksums.checksum(tmp_path / "a") == expected
    running = checksums.Running()
    for start in range(128, size, 1000):
        running.update(content[start : start + 1000])
    running.head(content[:128])
    assert running.hexdigest() == running.hexdigest() == expected


def test_a_head_is_no_longer_than_that():
    with pytest.raises(ValueError, match="129 bytes"):
        checksums.Running().head(bytes(129))


def test_what_an_earlier_version_has_noted_is_whole(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    checksums.start(cache)
    path.write_bytes(bytes(range(200)))
    (cache / checksums.PLACE / xxhash.xxh3_128_hexdigest(path.read_bytes())).touch()
    checksums.check([path], cache)
    path.write_bytes(bytes(199))
    with pytest.raises(UserError, match="altered"):
        checksums.check([path], cache)


def test_what_the_job_knows_is_not_read_again(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    checksums.start(cache)
    path.write_text("a")
    other = checksums.Running()
    other.head(b"b")
    checksums.note([path], cache, {str(path): other.hexdigest()})
    with pytest.raises(UserError, match="altered"):
        checksums.check([path], cache)
    checksums.note([path], cache, {"another": other.hexdigest()})
    checksums.check([path], cache)


def test_what_a_job_has_read_is_compared_as_a_file_is(cache, tmp_path):
    path = tmp_path.joinpath("resources/x/a.csv").relative_to(tmp_path)
    write(path, "a", cache)
    read = checksums.Running()
    read.head(b"a")
    checksums.check_read(path, read, cache)
    read.update(b"more")
    checksums.check_read(path, read, None)
    with pytest.raises(UserError, match=r"x/a\.csv: altered"):
        checksums.check_read(path, read, cache)
