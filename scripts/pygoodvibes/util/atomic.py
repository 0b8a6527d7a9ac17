"""Writing files whole: what is written goes in, a file in its place comes out, or none.

A process may be killed at any time, and a disk may be full. What others read is written under
another name first and then put in place, so that there is never half of it.
"""

import contextlib
import pathlib
from collections.abc import Iterator


@contextlib.contextmanager
def draft(path: str | pathlib.Path) -> Iterator[pathlib.Path]:
    """Give the place of a draft; at the end of the block it takes the place of the file.

    Parameters
    ----------
    path : path
        File to write. What is there already stays until the new file is whole; a link is replaced,
        not what it leads to. What is no file but, say, `/dev/stdout` is written to directly.

    Yields
    ------
    pathlib.Path
        Hidden file beside it; removed if the block ends with an error.
    """
    path = pathlib.Path(path)
    if path.exists() and not path.is_file():
        yield path
        return
    beside = path.with_name(f".{path.name}.draft")
    try:
        yield beside
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def write_bytes(path: str | pathlib.Path, content: bytes) -> None:
    """Write a file whole."""
    with draft(path) as beside:
        beside.write_bytes(content)


def write_text(path: str | pathlib.Path, text: str) -> None:
    """Write a text in UTF-8 whole, with its line ends as they are."""
    write_bytes(path, text.encode("utf-8"))
