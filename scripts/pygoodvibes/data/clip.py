"""A clip as its name tells it: machine type, machine ID, split, label, domain, attributes.

Comes in: a path. Goes out: a `Clip`, with the reason where the name doesn't tell enough.
"""

import dataclasses
import posixpath
import re
from collections.abc import Iterable

from pygoodvibes.data.attributes import Pairs
from pygoodvibes.data.audio_files import is_audio
from pygoodvibes.data.supplemental import is_supplemental, why_no_clip
from pygoodvibes.util.messages import message, printable
from pygoodvibes.util.paths import NOT_UTF8

LABEL_WORDS = {
    "normal": "normal",
    "anomaly": "anomaly",
    "anomalous": "anomaly",
    "abnormal": "anomaly",
    "unknown": "unknown",
    "": "unknown",
}
_FORMULA = ("=", "@")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST_NAME = 64
"""Longest name of a machine type or ID, characters: names of files are made of it."""

_REPEATED = re.compile(r"(.+)\1{19}$")
"""Snakemake takes such a name for one that grows without end, and stops."""

_NAME_2020 = re.compile(
    r"(?:(?P<label>normal|anomaly)_)?id_(?P<id>[A-Za-z0-9][A-Za-z0-9.-]*)_(?P<number>[0-9]+)"
)
_NAME_2021 = re.compile(
    r"section_(?P<id>[0-9]+)(?:_(?P<domain>source|target))?(?:_(?P<split>train|test))?"
    r"(?:_(?P<label>normal|anomaly))?_(?P<number>[0-9]+)(?:_(?P<attributes>.+))?"
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
    attributes : tuple of (str, str)
        Parameters and their values where the data set tells them, e.g. ('spd', '34V').
    """

    machine: str
    id: str
    split: str
    label: str
    path: str
    clip: str
    domain: str = ""
    reason: str = ""
    attributes: Pairs = ()

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
    if not is_audio(name):
        return None
    stem, _ = posixpath.splitext(name)
    match = _NAME_2020.fullmatch(stem) or _NAME_2021.fullmatch(stem)
    if match is None:
        return None
    fields = {"split": "", "domain": "", "attributes": ""}
    fields.update({key: value or "" for key, value in match.groupdict().items()})
    fields["label"] = fields["label"] or "unknown"
    return fields


def why_no_name(machine: str, machine_id: str) -> str:
    """Return why a machine type or ID can't be one, '' if both can: files are named after them."""
    if not _WORD.fullmatch(machine):
        return message(
            "the machine {machine!r} is not letters, digits, dots, dashes, underscores",
            machine=machine,
        )
    if not _WORD.fullmatch(machine_id):
        return message(
            "the ID {machine_id!r} is not letters, digits, dots, dashes, underscores",
            machine_id=machine_id,
        )
    if len(machine) > LONGEST_NAME or len(machine_id) > LONGEST_NAME:
        return message("its machine or ID has more than {longest} characters", longest=LONGEST_NAME)
    if _REPEATED.search(machine) or _REPEATED.search(machine_id):
        return message("its machine or ID repeats the same characters 20 times or more")
    return ""


def is_name(text: str) -> bool:
    """Tell whether a text can be a machine type or ID."""
    return not why_no_name(text, text)


def domain_of(text: str) -> str:
    """Return the domain that a cell of a table names: 'source', 'target', or '' for others."""
    word = text.strip().lower()
    return word if word in ("source", "target") else ""


def clip_of(
    machine: str,
    machine_id: str,
    split: str,
    label: str,
    path: str,
    name: str,
    domain: str,
    reason: str,
    attributes: Pairs = (),
) -> Clip:
    """Make a clip, with a reason if what all layouts ask for is not there."""
    if (shown := printable(path)) != path:
        # a table holds what can be read, and nothing is found again by it
        is_text = path.encode("utf-8", "replace").decode() == path
        reason = reason or message("its name holds characters that are not shown; rename the file")
        reason = reason if is_text else NOT_UTF8
        path, name, machine, machine_id = shown, *map(printable, (name, machine, machine_id))
    elif path.startswith(_FORMULA) or name.startswith(_FORMULA):
        reason = reason or message(
            "its name begins with {sign}, which spreadsheets take for a formula; rename the file",
            sign=name[0] if name.startswith(_FORMULA) else path[0],
        )
        path, name = (f"./{text}" if text.startswith(_FORMULA) else text for text in (path, name))
    if not reason:
        if is_supplemental(path):
            reason = why_no_clip(path)
        elif said := why_no_name(machine, machine_id):
            reason = said
        elif split == "train" and label == "anomaly":
            reason = message("an anomaly among the training clips, which must be normal")
        elif split == "train" and label == "unknown":
            reason = message("a training clip that is not labelled normal")
    machine, machine_id = map(in_cell, (machine, machine_id))
    return Clip(machine, machine_id, split, label, path, name, domain, reason, attributes)


def in_cell(text: str) -> str:
    """Return a text as a cell of a table may hold it: shown as it is, and no formula."""
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def unit_of(clips: Iterable[str], domains: Iterable[str] = ()) -> str:
    """Return what a machine type is divided into: 'section' or 'machine ID'.

    Parameters
    ----------
    clips, domains : iterable of str
        Names and domains of the clips of the data set.
    """
    sections = any(clip.startswith("section_") for clip in clips) or any(domains)
    return "section" if sections else "machine ID"


def name_of(machine: str, machine_id: str, unit: str) -> str:
    """Return machine type and ID, with the unit from `unit_of`: 'fan ID 00', 'fan section 00'."""
    return f"{machine} {'section' if unit == 'section' else 'ID'} {machine_id}"


def finish_clips(clips: list[Clip]) -> list[Clip]:
    """Sort, and give a reason to a clip whose name in score files is taken already."""
    clips.sort(key=lambda clip: clip.sort_key)
    taken: dict[tuple[str, str, str, str], str] = {}
    for i, clip in enumerate(clips):
        if clip.reason:
            continue
        first = taken.setdefault((clip.machine, clip.id, clip.split, clip.clip), clip.path)
        if first != clip.path:
            clips[i] = dataclasses.replace(
                clip, reason=message("same machine, ID, split and name as {first}", first=first)
            )
    return clips
