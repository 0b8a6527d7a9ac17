import pytest

from pygoodvibes.monitoring.score_files import expand
from pygoodvibes.util.errors import UserError


def test_folders_stand_for_the_recordings_below_them(tmp_path):
    for name in ("new/b.flac", "new/a/c.WAV", "new/other.m4a", "empty/other.m4a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    new = tmp_path / "new"
    found = expand(["odd.xyz", str(new), str(new / "b.flac")])
    assert found == ["odd.xyz", f"{new}/a/c.WAV", f"{new}/b.flac", f"{new}/b.flac"]
    with pytest.raises(UserError, match=r"empty: no recordings in it .* such as other\.m4a"):
        expand([str(tmp_path / "empty")])
