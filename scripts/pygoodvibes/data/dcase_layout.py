"""The DCASE layout, `<machine>/<train|test>/<name>`: from paths to clips."""

import pathlib
from collections.abc import Iterable

from pygoodvibes.data.audio_files import NOT_READ, is_read
from pygoodvibes.data.clip import Clip, clip_of, finish_clips, parse_dcase_name
from pygoodvibes.util.messages import message

SPLIT_FOLDERS = {
    "train": ("train", ""),
    "test": ("test", ""),
    "source_train": ("train", "source"),
    "target_train": ("train", "target"),
    "source_test": ("test", "source"),
    "target_test": ("test", "target"),
}


def place_dcase(folder: pathlib.Path, paths: Iterable[str]) -> list[Clip]:
    """Place files in the DCASE layout, `<machine>/<split>/<file>.wav`.

    Parameters
    ----------
    folder : pathlib.Path
        Folder with one folder per machine type, or the folder of one machine type (then it has
        `train` or `test` directly, and its own name is the machine's). Splits are the folders
        `train` and `test`, since 2021 also `source_test` and `target_test`.
    paths : iterable of str
        From `pygoodvibes.data.audio_files.find_audio`.

    Returns
    -------
    list of Clip
        One for each path, sorted; `reason` says why a file does not fit: a name of another form,
        another place, an anomaly among the training clips, `supplemental` recordings.
    """
    single = folder.resolve().name if any((folder / s).is_dir() for s in SPLIT_FOLDERS) else None
    clips = []
    for path in paths:
        parts = path.split("/") if single is None else [single, *path.split("/")]
        clips.append(_place_dcase_file(path, parts))
    return finish_clips(clips)


def _place_dcase_file(path: str, parts: list[str]) -> Clip:
    name = parts[-1]
    machine = parts[0] if len(parts) > 1 else ""
    split, domain = SPLIT_FOLDERS.get(parts[1], ("", "")) if len(parts) > 2 else ("", "")
    fields = parse_dcase_name(name)
    machine_id = fields["id"] if fields else ""
    label = fields["label"] if fields else "unknown"
    reason = ""
    if not is_read(name):
        reason = NOT_READ
    elif "supplemental" in parts[1:-1]:
        reason = message("supplemental recordings are not used")
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
    if fields and not domain:
        domain = fields["domain"]
    return clip_of(machine, machine_id, split, label, path, name, domain, reason)
