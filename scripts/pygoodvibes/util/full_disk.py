"""A disk that is full or can't be written to: an error of the system in, a sentence out."""

import contextlib
import errno
from collections.abc import Iterator

from pygoodvibes.util.errors import UserError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def the_disk_told() -> Iterator[None]:
    """Turn errors of a full disk, or of a place that can't be written to, into a `UserError`."""
    try:
        yield
    except OSError as error:
        place = error.filename or "a file"
        if error.errno in _FULL:
            raise UserError(
                "{place}: {reason}; make room on the disk and run again",
                place=place,
                reason=error.strerror,
            ) from error
        if error.errno in _CLOSED:
            raise UserError(
                "{place}: {reason}; see to the permissions of its folder and run again",
                place=place,
                reason=error.strerror,
            ) from error
        raise
