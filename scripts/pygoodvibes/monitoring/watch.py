"""New recordings in a folder, each told once it is complete."""

import dataclasses
import pathlib
import time
from collections.abc import Callable, Iterator

from pygoodvibes.data.audio_files import find_audio
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message


@dataclasses.dataclass
class _Seen:
    """A file as it was last seen, since when, and whether it was told like that."""

    state: tuple[int, int]
    since: float
    told: bool = False


class Watch:
    """A folder, and what of it was told.

    A recording is complete when neither its size nor its time of change has moved for a while, an
    empty one too: its recorder may have failed. One that changes later is told again: a recorder
    that paused had not finished it.

    Parameters
    ----------
    folder : path
        Searched to any depth.
    settle : float >= 0
        Seconds for which a file must stay the same.
    clock : callable
        Seconds, rising.
    """

    def __init__(
        self,
        folder: str | pathlib.Path,
        *,
        settle: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.folder = pathlib.Path(folder)
        self.settle = settle
        self.clock = clock
        self._seen = {
            path: _Seen(state, clock(), told=True) for path, state in self._states().items()
        }

    def _states(self) -> dict[pathlib.Path, tuple[int, int]]:
        states = {}
        for name in find_audio(self.folder):  # what is not read is told, too, and why
            try:
                status = (self.folder / name).stat()
            except OSError:
                continue  # gone since it was listed, or a link that leads nowhere
            states[self.folder / name] = status.st_size, status.st_mtime_ns
        return states

    def poll(self) -> list[pathlib.Path]:
        """Look once; return the recordings that are complete and not told yet, the oldest first.

        Raises
        ------
        UserError
            If the folder is gone.
        """
        now, states = self.clock(), self._states()
        complete = []
        for path, state in states.items():
            seen = self._seen.get(path)
            if seen is None or seen.state != state:
                seen = self._seen[path] = _Seen(state, now)
            if not seen.told and now - seen.since >= self.settle:
                seen.told = True
                complete.append(path)
        if states:  # a folder that is all empty may be a disk or share that is away for a while
            self._seen = {path: seen for path, seen in self._seen.items() if path in states}
        return sorted(complete, key=lambda path: (states[path][1], path))

    def run(
        self,
        *,
        interval: float = 1.0,
        sleep: Callable[[float], object] = time.sleep,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[pathlib.Path]:
        """Look again and again, also when the folder is away for a while.

        Parameters
        ----------
        interval : float > 0
            Seconds from one look to the next.
        sleep : callable
            Waits; may return True to end it.
        say : callable
            Told once that the folder is away, and once that it is back.

        Yields
        ------
        pathlib.Path
            As from `poll`.
        """
        away = False
        while True:
            try:
                complete = self.poll()
            except UserError as error:
                complete = []
                if not away:
                    say(message("{error}; waiting for it to come back", error=error))
                away = True
            else:
                if away:
                    say(message("{folder}: back again; watching goes on", folder=self.folder))
                away = False
            yield from complete
            if sleep(interval) is True:
                return
