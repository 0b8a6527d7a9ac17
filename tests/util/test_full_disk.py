import errno
import pathlib

import pytest

from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.full_disk import the_disk_told


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no device that is full")
def test_a_full_disk_is_a_sentence():
    with pytest.raises(UserError, match="No space left on device; make room"), the_disk_told():
        write_records("/dev/full", [{"a": 1}], ["a"])


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_place_that_cannot_be_written_to_is_a_sentence(number):
    with pytest.raises(UserError, match=r"^data/x: .*permissions of its folder"), the_disk_told():
        raise OSError(number, "not allowed", "data/x")


def test_other_errors_stay_what_they_are():
    with pytest.raises(FileNotFoundError), the_disk_told():
        pathlib.Path("no such file").read_text()
