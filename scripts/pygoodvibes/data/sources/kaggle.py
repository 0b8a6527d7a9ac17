"""A copy of the DCASE 2020 Challenge Task 2 data set from Kaggle, with the user's own token.

Kaggle's own client downloads (one zip file, resumed, with progress); the clips are extracted and
brought to their places here. The client is imported late: importing it prints, makes folders and
already tries to log in.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.data.sources.archive import extract_zip
from pygoodvibes.data.sources.base import DcaseDataset
from pygoodvibes.data.sources.download import require_space
from pygoodvibes.data.sources.placement import (
    DOWNLOADS,
    clear_away,
    clip_place,
    is_placed,
    is_ready,
    make_ready,
    place_machine,
)
from pygoodvibes.protocols.dcase2020 import KAGGLE, MACHINES
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

_HELP = message(
    "log in at kaggle.com, open Settings, then API, press 'Create New Token', and put the token "
    "into the variable KAGGLE_API_TOKEN or the file ~/.kaggle/access_token (an older kaggle.json "
    "goes to ~/.kaggle/kaggle.json, or its two values into KAGGLE_USERNAME and KAGGLE_KEY); or "
    "set dataset.source to zenodo, which needs no account"
)


class Settings(DcaseDataset):
    """The DCASE 2020 Task 2 development set from Kaggle; needs a token."""

    made_by: ClassVar[str] = "fetch_dataset"
    heading: ClassVar[str] = "DCASE 2020 Task 2"
    fetched_with: ClassVar[tuple[str, ...]] = ("dataset",)
    at_once: ClassVar[bool] = True

    source: Literal["kaggle"]
    dataset: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] = KAGGLE
    """Owner and name of the data set."""

    published: Literal["none", "dcase2020"] = "dcase2020"


def find_credentials() -> str | None:
    """Return where Kaggle's client will find credentials, or None if there are none.

    Looks at the places the client looks at (version 2), without importing it: the variable
    KAGGLE_API_TOKEN (a token or the path of a file), ~/.kaggle/access_token(.txt),
    KAGGLE_USERNAME and KAGGLE_KEY, kaggle.json, ~/.kaggle/credentials.json.
    """
    home = pathlib.Path("~/.kaggle").expanduser()
    token = os.environ.get("KAGGLE_API_TOKEN")
    if token and (not _exists(token) or _text(pathlib.Path(token)).strip()):
        return "KAGGLE_API_TOKEN"
    for name in ("access_token", "access_token.txt"):
        if _text(home / name).strip():
            return str(home / name)
    folder = pathlib.Path(os.environ.get("KAGGLE_CONFIG_DIR") or home)
    if folder == home and not home.exists():
        base = os.environ.get("XDG_CONFIG_HOME") or pathlib.Path("~/.config").expanduser()
        folder = pathlib.Path(base) / "kaggle"
    legacy = _json(folder / "kaggle.json")
    given = {
        key: os.environ.get(f"KAGGLE_{key.upper()}") or legacy.get(key)
        for key in ("username", "key")
    }
    if all(given.values()):
        from_file = [key for key in given if not os.environ.get(f"KAGGLE_{key.upper()}")]
        return str(folder / "kaggle.json") if from_file else "KAGGLE_USERNAME and KAGGLE_KEY"
    if _json(home / "credentials.json").get("refresh_token"):
        return str(home / "credentials.json")
    return None


def fetch(
    folder: str | os.PathLike,
    *,
    dataset: str = KAGGLE,
    machines: Sequence[str] = MACHINES,
    progress: bool = True,
) -> None:
    """Download the data set, unless it is there.

    Parameters
    ----------
    folder : path
        Becomes `<folder>/<machine>/{train,test}/*.wav`. The archive is kept in
        `<folder>/.downloads` until it is extracted.
    dataset : str
        Data set on Kaggle, 'owner/name', whose archive has machine and split folders somewhere.
    machines : sequence of str
        Machine types to extract. Kaggle hands out all of a data set or nothing, so one more
        machine later means downloading again.
    progress : bool
        Show progress on stderr.

    Raises
    ------
    UserError
        No credentials, or Kaggle does not accept them; no such data set; too little room; the
        connection fails (running again resumes); the archive lacks a machine.
    """
    folder = pathlib.Path(folder)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", dataset):
        raise UserError(
            "the Kaggle data set is {dataset!r}; it must be like {example}",
            dataset=dataset,
            example=KAGGLE,
        )
    machines = list(dict.fromkeys(machines))
    if not machines:
        raise UserError("no machine is named; name at least one, such as fan")
    origin = f"kaggle.com {dataset}"
    missing = [m for m in machines if not is_placed(folder, m, origin)]
    archive = folder / DOWNLOADS / f"{dataset.split('/')[1]}.zip"
    staging = folder / DOWNLOADS / "kaggle.extracted"
    wanted = [m for m in missing if not is_ready(folder, m, origin)]
    if wanted:
        source = find_credentials()
        if source is None:
            raise UserError("Kaggle needs credentials and none were found; {advice}", advice=_HELP)
        _download(dataset, archive, source, progress)
        _extract(archive, staging, wanted, progress)
        for machine in wanted:
            make_ready(staging / machine, folder, machine, origin)
    for leftover in (staging, archive):
        clear_away(leftover)
    for machine in missing:
        place_machine(folder, machine)


def _download(dataset: str, archive: pathlib.Path, source: str, progress: bool) -> None:
    """Let Kaggle's client download the archive; each of its ways to fail becomes a message."""
    import requests

    terminal = progress and sys.stderr.isatty()
    if progress and not terminal:
        print(f"downloading {dataset} from Kaggle", file=sys.stderr, flush=True)
    with _captured(progress) as said:
        try:
            archive.parent.mkdir(parents=True, exist_ok=True)
            try:
                from kaggle.api.kaggle_api_extended import KaggleApi
            except ImportError as error:
                raise UserError(
                    "the package kaggle can't be imported ({error}); install requirements.txt, "
                    "or set dataset.source to zenodo",
                    error=error,
                ) from error

            class Api(KaggleApi):
                """Kaggle's client, which does not look at the disk by itself."""

                def download_file(self, response, outfile, *args, **options):
                    size = int(response.headers.get("Content-Length") or 0)
                    there = archive.stat().st_size if archive.exists() else 0
                    # The archive and, until it is deleted, all that comes out of it.
                    require_space(archive.parent, round(size * (1 + 4 / 3)) - there)
                    super().download_file(response, outfile, *args, **options)

            api = Api()
            api.authenticate()
            api.dataset_download_files(
                dataset, path=str(archive.parent), quiet=not terminal, unzip=False
            )
        except SystemExit as error:
            raise UserError(
                "Kaggle does not accept the credentials in {source} (wrong or expired); {advice}",
                source=source,
                advice=_HELP,
            ) from error
        except requests.HTTPError as error:
            code = getattr(error.response, "status_code", None)
            if code in (401, 403):
                raise UserError(
                    "Kaggle refuses {dataset} with the credentials in {source} ({code}); {advice}",
                    dataset=dataset,
                    source=source,
                    code=code,
                    advice=_HELP,
                ) from error
            if code == 404:
                raise UserError(
                    "Kaggle has no data set {dataset} (404); check dataset.kaggle, or set "
                    "dataset.source to zenodo",
                    dataset=dataset,
                ) from error
            raise UserError(
                "Kaggle answers with an error ({error}); run again later to resume, or set "
                "dataset.source to zenodo",
                error=error,
            ) from error
        except (OSError, ValueError) as error:
            # requests' connection errors are OSErrors; the client raises ValueError for a
            # file that is shorter than announced.
            raise UserError(
                "the download of {dataset} from Kaggle stopped ({error}); check connection "
                "and disk, then run again to resume, or set dataset.source to zenodo",
                dataset=dataset,
                error=error,
            ) from error
    if not archive.is_file():
        raise UserError(
            "Kaggle's client ended without {archive} ({said}); run again, or set "
            "dataset.source to zenodo",
            archive=archive,
            said=said().strip() or message("it said nothing"),
        )
    if progress and not terminal:
        print(f"downloaded {archive.name}", file=sys.stderr, flush=True)


def _extract(
    archive: pathlib.Path, staging: pathlib.Path, machines: Sequence[str], progress: bool
) -> None:
    found_machines: set[str] = set()

    def place(member: str) -> str | None:
        parts = member.split("/")
        if len(parts) >= 3 and parts[-2] in ("train", "test"):
            found_machines.add(parts[-3])
        return clip_place(archive.name, member, machines)

    # Of an extraction for other machines; this one would not take it away again.
    clear_away(staging)
    extract_zip(archive, staging, place=place, progress=progress)
    lacking = [machine for machine in machines if not (staging / machine).is_dir()]
    if lacking:
        values = {"archive": archive, "lacking": ", ".join(lacking)}
        if not found_machines:
            raise UserError(
                "{archive} has no clips of {lacking}, only of no machine; change the machines in "
                "the config",
                **values,
            )
        raise UserError(
            "{archive} has no clips of {lacking}, only of {found}; change the machines in the "
            "config",
            found=", ".join(sorted(found_machines)),
            **values,
        )


@contextlib.contextmanager
def _captured(progress: bool) -> Iterator[Callable[[], str]]:
    """Keep the client's talk off stdout: to stderr with progress, else only remembered.

    Its bar goes to stderr by itself.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(sys.stderr if progress else said):
        yield said.getvalue


def _exists(text: str) -> bool:
    try:
        return pathlib.Path(text).exists()
    except OSError:  # a token may be longer than a file name can be
        return False


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        # As good as none: the client, too, goes on to the next place.
        return ""


def _json(path: pathlib.Path) -> dict:
    try:
        content = json.loads(_text(path))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
