"""Download one file by HTTP: resumed, checked, and in place only when it is whole.

A download goes to `<target>.partial`; after a cut it continues there with a range request
(RFC 9110, section 14), also in a later run. The file gets its name when length and MD5 are right.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pygoodvibes.util.errors import UserError

if TYPE_CHECKING:
    import requests

__all__ = ["download", "file_md5", "remote_json", "remote_size", "require_space"]

_CHUNK = 1 << 20
_LONGEST_WAIT = 60.0  # seconds, also where a server asks for more: then the user should decide

_LONGEST_ANSWER = 10_000_000  # bytes of JSON; a record with a hundred files has 50,000

_Answer = TypeVar("_Answer")


class _Interrupted(Exception):
    """The transfer stopped for a reason that may pass; `wait` is what the server asks for."""

    def __init__(self, message: str, wait: float = 0.0):
        super().__init__(message)
        self.wait = wait


def download(
    url: str,
    target: str | os.PathLike,
    *,
    md5: str | None = None,
    size: int | None = None,
    progress: bool = True,
    timeout: float = 60.0,
    retries: int = 5,
    backoff: float = 1.0,
) -> pathlib.Path:
    """Download a file, or what is missing of it.

    Parameters
    ----------
    url : str
        Address; redirections are followed.
    target : path
        File to write; its folder is made. If it exists with the right MD5 (without `md5`: with
        the right size; without either: at all), nothing is done.
    md5 : str, optional
        Expected MD5 as 32 hexadecimal digits. Without it, a part left by an earlier run is
        thrown away, since nothing could tell whether the file has changed in between.
    size : int, optional
        Expected number of bytes.
    progress : bool
        Show a bar on stderr, or a line at start and end where stderr is no terminal.
    timeout : float
        Seconds without an answer or without data before the connection counts as cut.
    retries : int
        Number of cuts in a row, without a single new byte, that are put up with.
    backoff : float
        Seconds before the first new attempt; each further one waits twice as long.

    Returns
    -------
    pathlib.Path
        The target.

    Raises
    ------
    UserError
        The server refuses, can't be reached or keeps cutting the connection (running again
        resumes); the disk is too small; MD5 or size are wrong even after a second download.
    """
    target = pathlib.Path(target)
    partial = target.with_name(target.name + ".partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file():
            if _is_right(target, md5, size):
                return target
            target.unlink()
        if md5 is None:
            partial.unlink(missing_ok=True)
        wrong_md5 = _until_right(
            url, partial, md5, size, progress, timeout=timeout, retries=retries, backoff=backoff
        )
        if wrong_md5 is not None:
            raise UserError(
                "{url} has the MD5 {found}, but {md5} is expected, twice in a row; the file "
                "on the server has changed or a proxy alters it, so nothing was kept",
                url=url,
                found=wrong_md5,
                md5=md5,
            )
        partial.replace(target)
    except OSError as error:
        # requests' own errors are OSErrors too, but none gets here.
        raise UserError(
            "can't write {path} ({reason}); check the disk, then run again to resume",
            path=error.filename or partial,
            reason=error.strerror or error,
        ) from error
    return target


def remote_size(url: str, *, timeout: float = 60.0, retries: int = 5) -> int | None:
    """Return the size of a file on a server in bytes, or None if the server does not tell.

    Parameters
    ----------
    url : str
        Address; redirections are followed.
    timeout, retries
        See `download`.

    Raises
    ------
    UserError
        The server can't be reached or does not have the file.
    """

    def ask() -> int | None:
        with _request("HEAD", url, {}, timeout) as response:
            if response.status_code in (405, 501):
                return None
            _check_status(response, url)
            length = response.headers.get("Content-Length", "")
            return int(length) if length.isdecimal() else None

    return _patiently(ask, url, retries)


def remote_json(url: str, *, timeout: float = 60.0, retries: int = 5) -> object:
    """Return what a server says in JSON.

    Parameters
    ----------
    url : str
        Address; redirections are followed.
    timeout, retries
        See `download`.

    Raises
    ------
    UserError
        The server can't be reached, refuses, or says something else: no JSON, or more than 10 MB.
    """

    def ask() -> bytes:
        with _request("GET", url, {}, timeout) as response:
            _check_status(response, url)
            try:
                return response.raw.read(_LONGEST_ANSWER + 1, decode_content=True)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _Interrupted(_short(error)) from error

    import urllib3

    content = _patiently(ask, url, retries)
    try:
        if len(content) > _LONGEST_ANSWER:
            raise ValueError("more than 10 MB")
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(
            "{url}: the answer is no JSON ({reason}); check the address", url=url, reason=error
        ) from error


def _patiently(ask: Callable[[], _Answer], url: str, retries: int) -> _Answer:
    """Ask again after what may pass."""
    for attempt in range(retries + 1):
        try:
            return ask()
        except _Interrupted as cut:
            if attempt == retries:
                raise UserError(
                    "can't reach {url} ({cut}); check the connection, then run again",
                    url=url,
                    cut=cut,
                ) from cut
            time.sleep(min(max(cut.wait, 2.0**attempt), _LONGEST_WAIT))
    raise AssertionError("unreachable")


def require_space(folder: str | os.PathLike, needed_bytes: int) -> None:
    """Raise if a folder's disk has too little room.

    Parameters
    ----------
    folder : path
        Folder to be written to; need not exist yet.
    needed_bytes : int
        Bytes still to be written.

    Raises
    ------
    UserError
        Says how many GB (10^9 bytes) are needed and free.
    """
    place = pathlib.Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed_bytes:
        raise UserError(
            "{folder} needs {needed:.3g} GB, but only {free:.3g} GB are free on its "
            "disk; make room or choose a folder on another disk",
            folder=folder,
            needed=needed_bytes / 1e9,
            free=free / 1e9,
        )


def file_md5(path: str | os.PathLike) -> str:
    """Return the MD5 of a file as 32 hexadecimal digits."""
    with pathlib.Path(path).open("rb") as file:
        # It guards against accidents, not attackers, and is what the archives publish.
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _is_right(path: pathlib.Path, md5: str | None, size: int | None) -> bool:
    if size is not None and path.stat().st_size != size:
        return False
    return md5 is None or file_md5(path) == md5.lower()


def _until_right(
    url: str,
    partial: pathlib.Path,
    md5: str | None,
    size: int | None,
    progress: bool,
    **patience,
) -> str | None:
    """Fill `partial`, twice if need be; return None, or the wrong MD5 that it had."""
    md5_of_file = None
    for _ in range(2):
        _until_whole(url, partial, size, progress, **patience)
        if md5 is None:
            return None
        md5_of_file = file_md5(partial)
        if md5_of_file == md5.lower():
            return None
        partial.unlink()
    return md5_of_file


def _until_whole(
    url: str,
    partial: pathlib.Path,
    size: int | None,
    progress: bool,
    *,
    timeout: float,
    retries: int,
    backoff: float,
) -> None:
    most, failures = _size(partial), 0
    version: dict[str, str] = {}
    while True:
        try:
            return _transfer(url, partial, size, progress, timeout, version)
        except _Interrupted as cut:
            # Only new bytes count as progress: a server that ignores ranges and always cuts
            # would otherwise keep this loop going for ever.
            failures = 0 if _size(partial) > most else failures + 1
            most = max(most, _size(partial))
            if failures >= retries:
                raise UserError(
                    "the download of {url} stopped after {most} bytes ({cut}); check the "
                    "connection, then run again to resume",
                    url=url,
                    most=most,
                    cut=cut,
                ) from cut
            time.sleep(min(max(cut.wait, backoff * 2.0**failures), _LONGEST_WAIT))


def _transfer(
    url: str,
    partial: pathlib.Path,
    size: int | None,
    progress: bool,
    timeout: float,
    version: dict[str, str],
) -> None:
    """Make one request and write what comes.

    `version` holds the header that keeps a later request from mixing two versions of the file.
    """
    start = _size(partial)
    headers = {}
    if start:
        headers.update({"Range": f"bytes={start}-", **version})
    with _request("GET", url, headers, timeout) as response:
        if response.status_code == 416 and start:
            if response.headers.get("Content-Range", "").strip() == f"bytes */{start}" and (
                size in (None, start)
            ):
                return
            partial.unlink()
            raise _Interrupted("the part downloaded before does not belong to this file")
        _check_status(response, url)
        total = None
        if response.status_code == 206:
            match = re.fullmatch(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
            )
            if match is None or int(match[1]) != start:
                partial.unlink(missing_ok=True)
                raise _Interrupted("the server sent another range than asked for")
            total = int(match[2]) if match[2] != "*" else None
        else:
            start = 0
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
        if size is not None and total is not None and total != size:
            partial.unlink(missing_ok=True)
            raise UserError(
                "{url} has {total} bytes, but {size} are expected; the file on the server is "
                "another one",
                url=url,
                total=total,
                size=size,
            )
        total = size if total is None else total
        if total is not None:
            require_space(partial.parent, total - start)
        etag = response.headers.get("ETag", "")
        # A weak ETag (W/) must not be used for ranges (RFC 9110, section 13.1.5).
        validator = etag if etag.startswith('"') else response.headers.get("Last-Modified")
        if validator:
            version["If-Range"] = validator
        _write(response, partial, start, total, progress)


def _write(
    response: "requests.Response",
    partial: pathlib.Path,
    start: int,
    total: int | None,
    progress: bool,
) -> None:
    import tqdm
    import urllib3

    name = partial.name.removesuffix(".partial")
    terminal = sys.stderr.isatty()
    if progress and not terminal:
        much = "" if total is None else f", {total / 1e6:.1f} MB"
        from_where = f", from {start / 1e6:.1f} MB on" if start else ""
        print(f"downloading {name}{much}{from_where}", file=sys.stderr, flush=True)
    with (
        partial.open("ab" if start else "wb") as file,
        tqdm.tqdm(
            desc=name,
            total=total,
            initial=start,
            unit="B",
            unit_scale=True,
            disable=not (progress and terminal),
        ) as bar,
    ):
        while True:
            # read1 hands over what has come; iter_content waits for a full chunk and drops what
            # it has of it when the connection is cut. The network's errors here, the disk's below.
            try:
                chunk = response.raw.read1(_CHUNK, decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _Interrupted(_short(error)) from error
            if not chunk:
                break
            file.write(chunk)
            bar.update(len(chunk))
    if total is not None and _size(partial) < total:
        raise _Interrupted(f"{_size(partial)} of {total} bytes came")
    if total is not None and _size(partial) > total:
        partial.unlink()
        raise _Interrupted(f"more than the announced {total} bytes came")
    if progress and not terminal:
        print(f"downloaded {name}", file=sys.stderr, flush=True)


def _request(
    method: str, url: str, headers: dict[str, str], timeout: float
) -> "contextlib.closing[requests.Response]":
    import requests

    try:
        response = requests.request(
            method,
            url,
            # Compressed on the way, the length and the ranges would be those of something else.
            headers={"Accept-Encoding": "identity", **headers},
            stream=True,
            timeout=timeout,
            allow_redirects=True,
        )
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        raise _Interrupted(_short(error)) from error
    except requests.RequestException as error:
        raise UserError(
            "can't download {url}: {reason}; check the address", url=url, reason=_short(error)
        ) from error
    return contextlib.closing(response)


def _check_status(response: "requests.Response", url: str) -> None:
    code = response.status_code
    if code in (200, 206):
        return
    answer = f"{code} {response.reason}".strip()
    if code in (408, 425, 429) or code >= 500:
        wait = response.headers.get("Retry-After", "")
        raise _Interrupted(f"the server answers {answer}", float(wait) if wait.isdecimal() else 0)
    raise UserError(
        "can't download {url}: the server answers {answer}; check the address",
        url=url,
        answer=answer,
    )


def _size(path: pathlib.Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _short(error: Exception) -> str:
    """Return the innermost message of an error: those of requests nest several others."""
    while error.args and isinstance(getattr(error.args[0], "reason", error.args[0]), Exception):
        inner = getattr(error.args[0], "reason", error.args[0])
        if inner is error:
            break
        error = inner
    return str(error) or type(error).__name__
