"""The DCASE layout, `<machine>/<train|test>/<name>`: from paths to clips."""

import pathlib
import posixpath
import re
from collections.abc import Iterable

from pygoodvibes.data.attributes import Pairs, parse_attributes, read_attributes
from pygoodvibes.data.audio_files import NOT_READ, is_read
from pygoodvibes.data.clip import Clip, clip_of, finish_clips, parse_dcase_name
from pygoodvibes.data.supplemental import is_supplemental, section_of, why_no_clip
from pygoodvibes.util.messages import message

SPLIT_FOLDERS = {
    "train": ("train", ""),
    "test": ("test", ""),
    "source_train": ("train", "source"),
    "target_train": ("train", "target"),
    "source_test": ("test", "source"),
    "target_test": ("test", "target"),
    "test_rename": ("test", ""),
}
"""Folder -> split and domain. `test_rename` holds the evaluation clips again, under names that tell
label and domain, as the organisers' baseline names them once these are known."""

_ROOTS = re.compile(r"dcase20[0-9]{2}t2|dev_data|eval_data|raw|processed")


def below_the_root(parts: list[str]) -> list[str]:
    """Leave out the folders that the organisers' baseline has above the machine types.

    Parameters
    ----------
    parts : list of str
        Of a path such as `dcase2023t2/dev_data/raw/fan/train/<file>`.

    Returns
    -------
    list of str
        Here fan, train and the file; other paths as they are.
    """
    above = 0
    while len(parts) - above > 3 and _ROOTS.fullmatch(parts[above]):
        above += 1
    return parts[above:]


def place_dcase(folder: pathlib.Path, paths: Iterable[str]) -> list[Clip]:
    """Place files in the DCASE layout, `<machine>/<split>/<file>.wav`.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with one folder per machine type, or the folder of one machine type (then it has
        `train` or `test` directly, and its own name is the machine's). Splits are the folders
        `train` and `test`, since 2021 also `source_test` and `target_test`. The folders of the
        organisers' baseline may stand above: `dev_data/raw`, `eval_data/raw`. Attributes come
        from `attributes_<section>.csv` in the folder of the machine type, else from the names.
    paths : iterable of str
        From `pygoodvibes.data.audio_files.find_audio`.

    Returns
    -------
    list of Clip
        One for each path, sorted; `reason` says why a file does not fit: a name of another form,
        another place, an anomaly among the training clips, `supplemental` recordings.

    Raises
    ------
    UserError
        If a table of attributes is not what it should be.
    """
    single = folder.resolve().name if any((folder / s).is_dir() for s in SPLIT_FOLDERS) else None
    paths = list(paths)
    renamed = {
        posixpath.dirname(posixpath.dirname(path)) for path in paths if _in(path, "test_rename")
    }
    tables = _Tables(folder)
    clips = []
    for path in paths:
        parts = path.split("/") if single is None else [single, *path.split("/")]
        doubled = _in(path, "test") and posixpath.dirname(posixpath.dirname(path)) in renamed
        clips.append(_place_dcase_file(path, below_the_root(parts), tables, doubled))
    return finish_clips(clips)


def _in(path: str, folder: str) -> bool:
    return path.split("/")[-2:-1] == [folder]


class _Tables:
    """The tables of attributes of a folder, each read once."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.known: dict[tuple[str, str], dict[str, Pairs]] = {}

    def of(self, path: str, fields: dict[str, str]) -> Pairs:
        """Return the attributes of a clip, by its path and what its name says."""
        folder, name = posixpath.split(path)
        key = posixpath.dirname(folder), fields["id"]
        if key not in self.known:
            table = self.folder / key[0] / f"attributes_{fields['id']}.csv"
            self.known[key] = read_attributes(table) if table.is_file() else {}
        in_name = parse_attributes(fields["attributes"])
        return self.known[key].get(name, in_name)


def _place_dcase_file(path: str, parts: list[str], tables: _Tables, doubled: bool) -> Clip:
    name = parts[-1]
    machine = parts[0] if len(parts) > 1 else ""
    split, domain = SPLIT_FOLDERS.get(parts[1], ("", "")) if len(parts) > 2 else ("", "")
    fields = parse_dcase_name(name)
    machine_id = fields["id"] if fields else ""
    label = fields["label"] if fields else "unknown"
    reason = ""
    if not is_read(name):
        reason = NOT_READ
    elif is_supplemental(path):
        machine_id = section_of(path)
        reason = why_no_clip(path)
    elif len(parts) != 3 or not split:
        reason = message("wrong place: not <machine>/train/<file> or <machine>/test/<file>")
    elif fields is None:
        reason = message(
            "wrong name: not like normal_id_00_00000000.wav or "
            "section_00_source_train_normal_0000.wav"
        )
    elif fields["split"] not in ("", split):
        reason = message(
            "its name says {named}, its folder {folder}", named=fields["split"], folder=parts[1]
        )
    elif domain and fields["domain"] not in ("", domain):
        reason = message(
            "its name says {named}, its folder {folder}", named=fields["domain"], folder=parts[1]
        )
    elif doubled:
        reason = message("the same clip stands in test_rename, with its label")
    if fields and not domain:
        domain = fields["domain"]
    attributes = tables.of(path, fields) if fields and not reason else ()
    return clip_of(machine, machine_id, split, label, path, name, domain, reason, attributes)
