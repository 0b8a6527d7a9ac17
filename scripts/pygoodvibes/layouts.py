"""Which clips a folder holds: machine, machine ID, split and label, read from names only.

Comes in: a folder in the DCASE layout or the raw MIMII layout, or a CSV manifest. Goes out: a
sorted list of `Clip`, one for every audio file, with the reason where a file can't be placed. No
audio is opened here, so a folder of 31,000 clips is listed in a fraction of a second.

The DCASE layout is that of the anomalous sound detection task of 2020 (Koizumi et al., DCASE
Workshop 2020) and of its successors since 2021, where a machine ID is called a section. The MIMII
layout is that of the original archives (Purohit et al., DCASE Workshop 2019).
"""

import csv
import dataclasses
import hashlib
import os
import pathlib
import posixpath
import re
from collections.abc import Iterable, Iterator

from pygoodvibes.errors import UserError

__all__ = [
    "Clip",
    "detect_layout",
    "find_clips",
    "find_dcase",
    "find_manifest",
    "find_mimii",
    "parse_dcase_name",
]

AUDIO_SUFFIXES = (".wav", ".flac")
"""File name endings that count as audio, in lower case."""

MANIFEST_COLUMNS = ("path", "machine", "id", "split", "label")
"""Columns that a CSV manifest must have."""

# Listed with a reason rather than passed over: somebody who has such files expects to see them.
_OTHER_AUDIO = (".mp3", ".ogg", ".opus", ".m4a", ".aac", ".wma", ".aif", ".aiff", ".au", ".raw")

_SPLIT_FOLDERS = {
    "train": ("train", ""),
    "test": ("test", ""),
    "source_train": ("train", "source"),
    "target_train": ("train", "target"),
    "source_test": ("test", "source"),
    "target_test": ("test", "target"),
}
_LABEL_WORDS = {
    "normal": "normal",
    "anomaly": "anomaly",
    "anomalous": "anomaly",
    "abnormal": "anomaly",
    "unknown": "unknown",
    "": "unknown",
}
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NAME_2020 = re.compile(
    r"(?:(?P<label>normal|anomaly)_)?id_(?P<id>[A-Za-z0-9][A-Za-z0-9.-]*)_(?P<number>[0-9]+)"
)
_NAME_2021 = re.compile(
    r"section_(?P<id>[0-9]+)(?:_(?P<domain>source|target))?(?:_(?P<split>train|test))?"
    r"(?:_(?P<label>normal|anomaly))?_(?P<number>[0-9]+)(?:_(?P<attributes>.+))?"
)
_SNR = re.compile(r"(?P<snr>[+-]?[0-9]+)_?dB(?:_(?P<machine>.+))?", re.IGNORECASE)

_LAYOUT_HELP = (
    "the DCASE layout is <machine>/train/normal_id_00_00000000.wav and "
    "<machine>/test/anomaly_id_00_00000000.wav, the MIMII layout is "
    "<machine>/id_00/normal/00000000.wav and <machine>/id_00/abnormal/00000000.wav, any other "
    "needs a CSV manifest with the columns path, machine, id, split, label"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Clip:
    """One audio file and what its place and name say about it.

    Attributes
    ----------
    machine : str
        Machine type, e.g. 'fan' or 'ToyCar'; '' if the place of the file does not tell.
    id : str
        Machine ID, or section since 2021, e.g. '00'; '' if it can't be told.
    split : str
        'train' or 'test'; '' if it can't be told.
    label : str
        'normal', 'anomaly' or 'unknown'.
    path : str
        Path with '/' between its parts, relative to the folder searched; absolute only for a
        file that a manifest names outside that folder.
    clip : str
        Name in score files, unique within machine, ID and split: the file name, or in the MIMII
        layout the name DCASE gives such a file ('normal_id_00_00000000.wav').
    domain : str
        'source', 'target', or '' where the data set has no domains.
    reason : str
        '' for a clip that has its place; else why it can't be used.
    """

    machine: str
    id: str
    split: str
    label: str
    path: str
    clip: str
    domain: str = ""
    reason: str = ""

    @property
    def sort_key(self) -> tuple[str, str, str, str, str]:
        """The order of a list of clips: machine, ID, split, label, path."""
        return (self.machine, self.id, self.split, self.label, self.path)


def parse_dcase_name(name: str) -> dict[str, str] | None:
    """Read what a DCASE file name says.

    Parameters
    ----------
    name : str
        File name without folder. Known are 'normal_id_00_00000000.wav',
        'anomaly_id_00_00000000.wav' and 'id_01_00000000.wav' (2020), and since 2021
        'section_00_source_train_normal_0000_<attributes>.wav', of which domain, split, label and
        attributes may be missing ('section_03_target_test_0000.wav', 'section_00_0000.wav').

    Returns
    -------
    dict or None
        Keys 'id', 'label' ('normal', 'anomaly', or 'unknown' if the name has none), 'split' and
        'domain' and 'attributes' ('' if the name has none), 'number'. None for any other name.
    """
    stem, suffix = posixpath.splitext(name)
    if suffix.lower() not in AUDIO_SUFFIXES:
        return None
    match = _NAME_2020.fullmatch(stem) or _NAME_2021.fullmatch(stem)
    if match is None:
        return None
    found = {"split": "", "domain": "", "attributes": ""}
    found.update({key: value or "" for key, value in match.groupdict().items()})
    found["label"] = found["label"] or "unknown"
    return found


def find_dcase(folder: str | os.PathLike) -> list[Clip]:
    """List a folder in the DCASE layout, `<machine>/<split>/<file>.wav`.

    Parameters
    ----------
    folder : path
        Folder with one folder per machine type, or the folder of one machine type (then it has
        `train` or `test` directly, and its own name is the machine's). Splits are the folders
        `train` and `test`, since 2021 also `source_test` and `target_test`.

    Returns
    -------
    list of Clip
        One for each audio file anywhere below the folder, sorted; `reason` says why a file does
        not fit: a name of another form, another place, an anomaly among the training clips,
        `supplemental` recordings.

    Raises
    ------
    UserError
        The folder is missing, can't be read or has no audio.
    """
    folder = pathlib.Path(folder)
    return _place_dcase(folder, _list_audio(folder))


def find_mimii(
    folder: str | os.PathLike, *, test_normal_clips: int | None = None, seed: int = 0
) -> list[Clip]:
    """List a folder in the raw MIMII layout, `<machine>/id_XX/{normal,abnormal}/*.wav`.

    MIMII has no split. Here every abnormal clip is a test clip, and so are as many normal clips
    of the same machine ID as it has abnormal ones, but never more than half of the normal ones.
    Which ones depends on the seed, machine, ID and file name only: neither on the order of the
    file system nor on how deep the folder lies, and one clip more or less moves few others.

    Parameters
    ----------
    folder : path
        Folder of machine types, of one machine type (`id_00` directly below), or of the archives'
        own folders (`6_dB_fan/fan/id_00/...`). If signal-to-noise ratios differ, the ratio
        becomes part of the machine's name: 'fan_6_dB', 'fan_-6_dB'.
    test_normal_clips : int > 0, optional
        Number of normal test clips for each machine ID instead of the rule above.
    seed : int
        Another seed gives another split.

    Returns
    -------
    list of Clip
        One for each audio file, sorted; `clip` is the name DCASE would give the file, because
        MIMII has `00000000.wav` among both the normal and the abnormal clips.

    Raises
    ------
    UserError
        The folder is missing, can't be read or has no audio; `test_normal_clips` leaves no
        training clip to a machine ID.
    """
    folder = pathlib.Path(folder)
    return _place_mimii(folder, _list_audio(folder), test_normal_clips=test_normal_clips, seed=seed)


def find_manifest(csv_path: str | os.PathLike, folder: str | os.PathLike) -> list[Clip]:
    """List the clips that a CSV manifest names.

    Parameters
    ----------
    csv_path : path
        UTF-8 file with commas, a header, and the columns path, machine, id, split, label; others
        are ignored. Split is 'train' or 'test'; label is 'normal', 'anomaly' ('anomalous' and
        'abnormal' mean the same), 'unknown' or nothing.
    folder : path
        What the paths in the file are relative to. Absolute paths are allowed.

    Returns
    -------
    list of Clip
        One per row, sorted. `clip` is the file name; where two rows of one machine, ID and split
        have the same file name, it is the path with '__' for '/'. `reason` says what is wrong
        with a single row: an unknown split or label, a training clip that is not normal, a name
        that can't be used, a file that is not there.

    Raises
    ------
    UserError
        The file as a whole can't be trusted: missing, not UTF-8, columns missing, a row with too
        few or too many fields, the same path twice, no row at all.
    """
    csv_path, folder = pathlib.Path(csv_path), pathlib.Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; the manifest's paths are relative to it")
    base = pathlib.Path(os.path.abspath(folder)).as_posix()  # noqa: PTH100 (links stay as they are)
    first_row: dict[str, int] = {}
    placed: list[Clip] = []
    for number, row in _manifest_rows(csv_path):
        path = _manifest_path(row["path"], base)
        if path and path in first_row:
            raise UserError(
                f"{csv_path}, row {number}: {path} is already in row {first_row[path]}; "
                "name each clip once"
            )
        first_row[path] = number
        placed.append(_place_row(row, path, folder))
    if not placed:
        raise UserError(f"{csv_path} has a header but no rows; add one row per clip")

    seen: dict[tuple[str, str, str, str], int] = {}
    for clip in placed:
        key = (clip.machine, clip.id, clip.split, clip.clip)
        seen[key] = seen.get(key, 0) + 1
    for i, clip in enumerate(placed):
        if seen[clip.machine, clip.id, clip.split, clip.clip] > 1:
            placed[i] = dataclasses.replace(clip, clip=clip.path.lstrip("/").replace("/", "__"))
    return _finish(placed)


def detect_layout(folder: str | os.PathLike) -> str:
    """Tell the DCASE layout from the raw MIMII layout.

    Parameters
    ----------
    folder : path
        Folder to look at, to any depth.

    Returns
    -------
    str
        'dcase' or 'mimii'.

    Raises
    ------
    UserError
        The folder is missing, can't be read, has no audio, is in neither layout or in both.
    """
    folder = pathlib.Path(folder)
    return _tell_layout(folder, _list_audio(folder))


def find_clips(
    folder: str | os.PathLike,
    *,
    layout: str = "auto",
    manifest: str | os.PathLike | None = None,
    seed: int = 0,
    test_normal_clips: int | None = None,
) -> list[Clip]:
    """List the clips of a folder in any layout.

    Parameters
    ----------
    folder : path
        Folder of the audio.
    layout : {'auto', 'dcase', 'mimii', 'manifest'}
        'auto' takes the manifest if there is one, else looks at the folder.
    manifest : path, optional
        CSV file for `find_manifest`; only with the layouts 'auto' and 'manifest'.
    seed, test_normal_clips
        See `find_mimii`; without effect in the other layouts, which have their own split.

    Returns
    -------
    list of Clip
        Sorted by machine, ID, split, label, path; at least one has no `reason`.

    Raises
    ------
    UserError
        No folder, no audio, no known layout, or not one file that could be placed.
    """
    folder = pathlib.Path(folder)
    if layout not in ("auto", "dcase", "mimii", "manifest"):
        raise UserError(f"the layout is {layout!r}; choose auto, dcase, mimii or manifest")
    if manifest is not None and layout in ("dcase", "mimii"):
        raise UserError(
            f"the layout is {layout} but a manifest, {manifest}, is given too; leave one out"
        )
    if layout == "manifest" and manifest is None:
        raise UserError("the layout is manifest, but no manifest is given; name the CSV file")

    if manifest is not None:
        clips = find_manifest(manifest, folder)
    else:
        paths = _list_audio(folder)
        if layout == "auto":
            layout = _tell_layout(folder, paths)
        if layout == "dcase":
            clips = _place_dcase(folder, paths)
        else:
            clips = _place_mimii(folder, paths, test_normal_clips=test_normal_clips, seed=seed)
    if all(clip.reason for clip in clips):
        place = folder if manifest is None else manifest
        raise UserError(
            f"not one of the {len(clips)} clips of {place} can be used; "
            f"the first is {clips[0].path}: {clips[0].reason}"
        )
    return clips


def _list_audio(folder: pathlib.Path) -> list[str]:
    """Return the paths of all audio files below a folder, relative to it, sorted."""
    if not folder.exists():
        raise UserError(f"the folder {folder} does not exist; check the path")
    if not folder.is_dir():
        raise UserError(f"{folder} is a file, not a folder; name the folder that holds the audio")
    paths = sorted(_walk(os.fspath(folder), "", ()))
    if not any(path.lower().endswith(AUDIO_SUFFIXES) for path in paths):
        raise UserError(
            f"no .wav or .flac file in {folder}"
            + (f" (but other audio, such as {paths[0]}; convert it to .wav)" if paths else "")
            + f"; {_LAYOUT_HELP}"
        )
    return paths


def _walk(folder: str, prefix: str, parents: tuple[tuple[int, int], ...]) -> Iterator[str]:
    try:
        # A link that leads back to a folder above would be followed for ever.
        status = os.stat(folder)  # noqa: PTH116 (strings: this is the loop that must be fast)
        identity = (status.st_dev, status.st_ino)
        if identity in parents:
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from _walk(entry.path, f"{prefix}{entry.name}/", (*parents, identity))
                elif entry.name.lower().endswith(AUDIO_SUFFIXES + _OTHER_AUDIO):
                    yield prefix + entry.name
    except OSError as error:
        raise UserError(
            f"can't read the folder {folder} ({error.strerror}); check its permissions"
        ) from error


def _tell_layout(folder: pathlib.Path, paths: Iterable[str]) -> str:
    dcase, mimii, other = "", "", ""
    for path in paths:
        parts = path.split("/")
        if len(parts) in (2, 3) and parts[-2] in _SPLIT_FOLDERS:
            dcase = dcase or path
        elif _mimii_depth(parts) is not None:
            mimii = mimii or path
        else:
            other = other or path
    if dcase and mimii:
        raise UserError(
            f"{folder} holds both the DCASE layout ({dcase}) and the MIMII layout ({mimii}); "
            "set the layout, or name a folder with one of them"
        )
    if dcase:
        return "dcase"
    if mimii:
        return "mimii"
    hint = ""
    deep = [part for part in other.split("/")[:-1] if part in _SPLIT_FOLDERS]
    if deep and other.split("/").index(deep[0]) >= 2:
        above = other.split("/")[: other.split("/").index(deep[0]) - 1]
        hint = f"perhaps {folder.joinpath(*above)} is the folder you mean; "
    raise UserError(f"{folder} has audio ({other}) but in no known layout; {hint}{_LAYOUT_HELP}")


def _place_dcase(folder: pathlib.Path, paths: Iterable[str]) -> list[Clip]:
    single = folder.resolve().name if any((folder / s).is_dir() for s in _SPLIT_FOLDERS) else None
    clips = []
    for path in paths:
        parts = path.split("/") if single is None else [single, *path.split("/")]
        clips.append(_place_dcase_file(path, parts))
    return _finish(clips)


def _place_dcase_file(path: str, parts: list[str]) -> Clip:
    name = parts[-1]
    machine = parts[0] if len(parts) > 1 else ""
    split, domain = _SPLIT_FOLDERS.get(parts[1], ("", "")) if len(parts) > 2 else ("", "")
    found = parse_dcase_name(name)
    machine_id = found["id"] if found else ""
    label = found["label"] if found else "unknown"
    reason = ""
    if not name.lower().endswith(AUDIO_SUFFIXES):
        reason = "neither a .wav nor a .flac file"
    elif "supplemental" in parts[1:-1]:
        reason = "supplemental recordings are not used"
    elif len(parts) != 3 or not split:
        reason = "wrong place: not <machine>/train/<file> or <machine>/test/<file>"
    elif found is None:
        reason = (
            "wrong name: not like normal_id_00_00000000.wav or "
            "section_00_source_train_normal_0000.wav"
        )
    elif found["split"] not in ("", split):
        reason = f"its name says {found['split']}, its folder {parts[1]}"
    elif domain and found["domain"] not in ("", domain):
        reason = f"its name says {found['domain']}, its folder {parts[1]}"
    if found and not domain:
        domain = found["domain"]
    return _clip(machine, machine_id, split, label, path, name, domain, reason)


def _mimii_depth(parts: list[str]) -> int | None:
    """Return where `id_XX` is in a path that ends in id_XX/normal/file, else None."""
    if len(parts) >= 3 and parts[-2] in ("normal", "abnormal") and parts[-3].startswith("id_"):
        return len(parts) - 3
    return None


def _place_mimii(
    folder: pathlib.Path, paths: Iterable[str], *, test_normal_clips: int | None, seed: int
) -> list[Clip]:
    if test_normal_clips is not None and test_normal_clips < 1:
        raise UserError(f"test_normal_clips is {test_normal_clips}; it must be at least 1")
    clips: list[Clip] = []
    # (path, machine without SNR, SNR, ID, label)
    placed: list[tuple[str, str, str, str, str]] = []
    for path in paths:
        parts = path.split("/")
        depth = _mimii_depth(parts)
        if depth is None or not path.lower().endswith(AUDIO_SUFFIXES):
            reason = (
                "wrong place: not <machine>/id_XX/normal/<file> or <machine>/id_XX/abnormal/<file>"
                if depth is None
                else "neither a .wav nor a .flac file"
            )
            machine = parts[0] if len(parts) > 1 else ""
            clips.append(_clip(machine, "", "", "unknown", path, parts[-1], "", reason))
            continue
        above = parts[:depth] or [folder.resolve().name]
        label = "normal" if parts[-2] == "normal" else "anomaly"
        placed.append((path, *_machine_and_snr(above), parts[-3].removeprefix("id_"), label))

    several = len({snr for _, _, snr, _, _ in placed}) > 1
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for path, base, snr, machine_id, label in placed:
        machine = f"{base}_{snr}_dB" if several and snr else base
        groups.setdefault((machine, machine_id), []).append((path, base, label))
    for (machine, machine_id), members in groups.items():
        chosen = _choose_test_normals(machine, machine_id, members, test_normal_clips, seed)
        for path, _, label in members:
            split = "test" if label == "anomaly" or path in chosen else "train"
            name = f"{label}_id_{machine_id}_{posixpath.basename(path)}"
            clips.append(_clip(machine, machine_id, split, label, path, name, "", ""))
    return _finish(clips)


def _machine_and_snr(above: list[str]) -> tuple[str, str]:
    """Return the machine and the SNR ('' if none) from the folders above `id_XX`."""
    machine, snr = above[-1], ""
    for part in above:
        match = _SNR.fullmatch(part)
        if match:
            snr = match["snr"].removeprefix("+")
    own = _SNR.fullmatch(machine)
    if own:
        # 6_dB_pump/id_00/...: the folder of the ratio is the machine's too; 6_dB alone is none.
        machine = own["machine"] or ""
    return machine, snr


def _choose_test_normals(
    machine: str,
    machine_id: str,
    members: list[tuple[str, str, str]],
    test_normal_clips: int | None,
    seed: int,
) -> set[str]:
    """Return the paths of the normal clips that go to the test set."""
    # Ranked by a hash of what names the clip, not drawn from a generator: a draw would depend on
    # how many clips there are. The SNR is left out, so all ratios of one machine are split alike.
    normals = []
    for path, base, label in members:
        if label == "normal":
            key = f"{seed}/{base}/id_{machine_id}/{posixpath.basename(path)}"
            digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
            normals.append((digest, path))
    normals.sort()
    count = min(len(members) - len(normals), len(normals) // 2)
    if test_normal_clips is not None:
        if normals and test_normal_clips >= len(normals):
            raise UserError(
                f"test_normal_clips is {test_normal_clips}, but {machine} id_{machine_id} has "
                f"{len(normals)} normal clips; choose a smaller number, so some stay for training"
            )
        count = test_normal_clips
    return {path for _, path in normals[:count]}


def _manifest_rows(csv_path: pathlib.Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number in the file and the fields of every row of a manifest."""
    if not csv_path.is_file():
        raise UserError(f"the manifest {csv_path} does not exist or is no file; check the path")
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
        with csv_path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in MANIFEST_COLUMNS if name not in header]
            if missing:
                raise UserError(
                    f"{csv_path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
                    f"its first line must name {', '.join(MANIFEST_COLUMNS)}, between commas"
                )
            twice = [name for name in MANIFEST_COLUMNS if header.count(name) > 1]
            if twice:
                raise UserError(f"{csv_path} has the column {twice[0]} twice; keep one of them")
            where = {name: header.index(name) for name in MANIFEST_COLUMNS}
            for fields in reader:
                if not any(field.strip() for field in fields):
                    continue
                if len(fields) != len(header):
                    raise UserError(
                        f"{csv_path}, row {reader.line_num}: {len(fields)} fields, but the header "
                        f"has {len(header)}; put fields that hold a comma in quotes"
                    )
                yield reader.line_num, {name: fields[i].strip() for name, i in where.items()}
    except UnicodeDecodeError as error:
        raise UserError(f"{csv_path} is not UTF-8 text; save it as CSV (UTF-8)") from error
    except csv.Error as error:
        raise UserError(f"{csv_path} is not a CSV file ({error}); save it as CSV") from error
    except OSError as error:
        raise UserError(f"can't read the manifest {csv_path}: {error.strerror}") from error


def _manifest_path(text: str, base: str) -> str:
    """Return a path as `Clip.path` has it; two spellings of one path become the same."""
    if not text:
        return ""
    path = posixpath.normpath(text)
    if path.startswith(base + "/"):
        return path[len(base) + 1 :]
    return path


def _place_row(row: dict[str, str], path: str, folder: pathlib.Path) -> Clip:
    split = row["split"].lower()
    label = _LABEL_WORDS.get(row["label"].lower())
    reason = ""
    if not path:
        reason = "no path"
    elif split not in ("train", "test"):
        reason = f"the split is {row['split']!r}, not train or test"
        split = ""
    elif label is None:
        reason = f"the label is {row['label']!r}, not normal, anomaly or unknown"
    elif not (folder / path).is_file():
        reason = "the file does not exist"
    name = posixpath.basename(path)
    return _clip(row["machine"], row["id"], split, label or "unknown", path, name, "", reason)


def _clip(
    machine: str,
    machine_id: str,
    split: str,
    label: str,
    path: str,
    name: str,
    domain: str,
    reason: str,
) -> Clip:
    """Make a clip, with a reason if what all layouts ask for is not there."""
    try:
        path.encode()
    except UnicodeEncodeError:
        reason = "its name is not UTF-8 text; rename the file"
        path, name, machine, machine_id = (
            text.encode("utf-8", "backslashreplace").decode()
            for text in (path, name, machine, machine_id)
        )
    if not reason:
        if not _WORD.fullmatch(machine):
            reason = f"the machine {machine!r} is not letters, digits, dots, dashes, underscores"
        elif not _WORD.fullmatch(machine_id):
            reason = f"the ID {machine_id!r} is not letters, digits, dots, dashes, underscores"
        elif split == "train" and label == "anomaly":
            reason = "an anomaly among the training clips, which must be normal"
        elif split == "train" and label == "unknown":
            reason = "a training clip that is not labelled normal"
    return Clip(machine, machine_id, split, label, path, name, domain, reason)


def _finish(clips: list[Clip]) -> list[Clip]:
    """Sort, and give a reason to a clip whose name in score files is taken already."""
    clips.sort(key=lambda clip: clip.sort_key)
    taken: dict[tuple[str, str, str, str], str] = {}
    for i, clip in enumerate(clips):
        if clip.reason:
            continue
        first = taken.setdefault((clip.machine, clip.id, clip.split, clip.clip), clip.path)
        if first != clip.path:
            clips[i] = dataclasses.replace(
                clip, reason=f"same machine, ID, split and name as {first}"
            )
    return clips
