"""Recordings that somebody hands in become files of a folder: single ones, archives, folders.

Names and contents come in, files below a folder of their own go out, for as long as there is
somebody who needs them. What is handed in is data from outside: its names say what a recording is
called and never where it goes, and number and size have limits.
"""

import contextlib
import io
import pathlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator

from pygoodvibes.data.audio_files import find_audio, is_audio
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message, printable

MOST_RECORDINGS = 2000
"""Recordings that are taken."""

MOST_BYTES = 2**30
"""Bytes of all that are written."""

ARCHIVE = ".zip"
"""File name ending of archives."""

HANDED_IN = message("what was handed in")
"""What messages call the folder."""

_DEPTH, _LENGTH, _BLOCK = 4, 60, 2**20

NO_AUDIO = message("no audio by its name")
THE_SAME = message("handed in already")
TOO_MANY = message("more than {most} recordings", most=MOST_RECORDINGS)
TOO_LARGE = message("more than {most} MB in all", most=MOST_BYTES // 2**20)


class Intake:
    """A folder for recordings that are handed in, removed with the object.

    Attributes
    ----------
    folder : pathlib.Path
        Where they lie; links, for those of a folder of this machine.
    left_out : dict of str to Message
        Why something was not taken, by its name.
    changes : int
        Rises with every change of the recordings.
    """

    def __init__(self):
        self._home = tempfile.TemporaryDirectory(prefix="pygoodvibes-")
        self.folder = pathlib.Path(self._home.name, "recordings")
        self.folder.mkdir()
        self.left_out: dict[str, Message] = {}
        self.changes = 0
        self._names: set[str] = set()
        self._bytes = 0

    @property
    def names(self) -> list[str]:
        """Return the paths of the recordings below the folder, sorted."""
        return sorted(self._names)

    def take(self, name: str, content: bytes) -> None:
        """Take a recording, or those in an archive.

        Parameters
        ----------
        name : str
            What it is called.
        content : bytes
            Of the file.
        """
        if name.lower().endswith(ARCHIVE):
            self._take_archive(name, content)
        else:
            self._write(name, io.BytesIO(content))

    def take_folder(self, place: str) -> None:
        """Take the recordings below a folder of this machine, as links: nothing is copied.

        Raises
        ------
        UserError
            If it is no folder that can be read.
        """
        root = pathlib.Path(place).expanduser().resolve()
        taken = {(self.folder / name).resolve() for name in self._names}
        for path in find_audio(root):
            if len(self._names) >= MOST_RECORDINGS:
                self.left_out[printable(root.name)] = TOO_MANY
                break
            called = self._free(safe_name(f"{root.name}/{path}"))
            target = self.folder / called
            if (root / path).resolve() in taken:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(root / path)
            self._added(called)

    def remove(self, names: list[str]) -> None:
        """Take recordings out again."""
        for name in {*names} & self._names:
            path = self.folder / name
            if not path.is_symlink():
                self._bytes -= path.stat().st_size
            path.unlink()
            self._names.discard(name)
            self.changes += 1

    def clear(self) -> None:
        """Take everything out."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._names.clear()
        self.left_out.clear()
        self._bytes = 0
        self.changes += 1

    @contextlib.contextmanager
    def called(self) -> Iterator[None]:
        """Let errors within call the folder `HANDED_IN`: its place says nothing to anybody."""
        try:
            yield
        except UserError as error:
            raise UserError(_renamed(error.message, str(self.folder))) from None

    def _take_archive(self, name: str, content: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist():
                    parts = member.filename.replace("\\", "/").split("/")
                    hidden = any(
                        part.startswith((".", "__MACOSX")) for part in parts if part.strip(".")
                    )
                    if member.is_dir() or hidden:
                        continue
                    if len(self._names) >= MOST_RECORDINGS:
                        self.left_out[printable(name)] = TOO_MANY
                        return
                    self._take_member(archive, member)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            reason = message("no archive that can be read ({reason})", reason=str(error)[:100])
            self.left_out[printable(name)] = reason

    def _take_member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        try:
            with archive.open(member) as file:
                self._write(member.filename, file)
        # encrypted, of an unknown kind, cut off, or damaged
        except (RuntimeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            reason = message("can't be unpacked ({reason})", reason=str(error)[:100])
            self.left_out[printable(member.filename)] = reason

    def _write(self, name: str, file: io.BufferedIOBase) -> None:
        """Write a recording as far as it may go; what a header promises counts for nothing."""
        wanted = safe_name(name)
        if not is_audio(wanted):
            self.left_out[printable(name)] = NO_AUDIO
            return
        if len(self._names) >= MOST_RECORDINGS:
            self.left_out[printable(name)] = TOO_MANY
            return
        called = self._free(wanted)
        path = self.folder / called
        path.parent.mkdir(parents=True, exist_ok=True)
        size = 0
        try:
            with path.open("xb") as target:
                while block := file.read(_BLOCK):
                    size += len(block)
                    if self._bytes + size > MOST_BYTES:
                        raise UserError(TOO_LARGE)
                    target.write(block)
        except UserError as error:
            path.unlink()
            self.left_out[printable(name)] = error.message
            return
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if called != wanted and path.read_bytes() == (self.folder / wanted).read_bytes():
            path.unlink()
            self.left_out[printable(name)] = THE_SAME
            return
        self._bytes += size
        self._added(called)

    def _added(self, name: str) -> None:
        self._names.add(name)
        self.left_out.pop(name, None)
        self.changes += 1

    def _free(self, name: str) -> str:
        """Return a name that no other recording has."""
        place, number = pathlib.PurePosixPath(name), 1
        while name in self._names or (self.folder / name).exists():
            number += 1
            name = str(place.with_name(f"{place.stem} ({number}){place.suffix}"))
        return name


def safe_name(name: str) -> str:
    """Return a path that lies below any folder, made of a name that can't be trusted.

    Parameters
    ----------
    name : str
        Of a file, perhaps with folders before it.

    Returns
    -------
    str
        At most four parts, '/' between them, without what steers a terminal or a file system. The
        last folders stay, since their names may say what a recording is.
    """
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/")]
    return "/".join([part for part in parts if part][-_DEPTH:]) or "recording.wav"


def _safe_part(part: str) -> str:
    kept = "".join(
        sign if printable(sign) == sign and sign not in '<>:"|?*' else "_" for sign in part
    )
    kept = kept.strip().lstrip(".").strip()
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 5:
        return f"{stem[:_LENGTH]}.{ending}"
    return kept[:_LENGTH]


def _renamed(said: Message, folder: str) -> Message:
    result = Message(said.replace(folder, HANDED_IN))
    result.template = said.template
    result.values = {
        key: _renamed(value, folder)
        if isinstance(value, Message)
        else (HANDED_IN if value == folder else value)
        for key, value in said.values.items()
    }
    return result
