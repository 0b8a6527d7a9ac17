"""A folder of recordings of one machine, in any layout: which are normal, and at what sample rate.

Comes in: a folder. Goes out: manifest rows of training clips, each with the reason if it can't be
used. Names and folders that follow DCASE or MIMII are heeded: a model learns from one machine ID
only, and neither from anomalies nor from test clips.
"""

import collections
import os
import pathlib
import re
import unicodedata
from collections.abc import Sequence

from pygoodvibes.audio.microphones import Channel
from pygoodvibes.data import manifest
from pygoodvibes.data.audio_files import (
    NOT_READ,
    OTHER_SUFFIXES,
    check_any_read,
    find_audio,
)
from pygoodvibes.data.clip import Clip, parse_dcase_name
from pygoodvibes.data.supplemental import is_supplemental, why_no_clip
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message
from pygoodvibes.util.paths import NOT_UTF8, in_utf8

_ANOMALOUS = ("abnormal", "anomaly", "anomalous")
_TEST = ("test", "source_test", "target_test", "test_rename")
_SAYS_NOTHING = ("train", "normal", "source_train", "target_train", *_TEST)


def _place(path: str) -> tuple[str, str, str]:
    """Return machine and ID by a path, and why not to use the file; '' for each that is none."""
    parts = path.split("/")
    fields = parse_dcase_name(parts[-1])
    above = parts[:-1]
    wrong = next((name for name in above if name.lower() in _ANOMALOUS), None)
    if wrong:
        reason = message(
            "anomalous by its folder ({wrong}): a model learns from normal recordings", wrong=wrong
        )
    elif is_supplemental(path):
        reason = why_no_clip(path)
    elif fields and fields["label"] == "anomaly":
        reason = message("anomalous by its name: a model learns from normal recordings")
    elif fields and above and above[-1].lower() in _TEST:
        reason = message("a test clip by its folder ({folder})", folder=above[-1])
    elif path.lower().endswith(OTHER_SUFFIXES):
        reason = NOT_READ
    else:
        reason = ""
    above = [name for name in above if name.lower() not in (*_SAYS_NOTHING, *_ANOMALOUS)]
    machine_id = fields["id"] if fields else ""
    if above and above[-1].startswith("id_"):
        machine_id = above.pop().removeprefix("id_")
    return (above[-1] if machine_id and above else ""), machine_id, reason


def named_after(path: str) -> tuple[str, str]:
    """Return machine type and machine ID that a recording is named after, '' for each that is not.

    Parameters
    ----------
    path : str
        With '/' between its parts. The type is that of a folder, and told only with an ID.
    """
    kind, machine_id, _ = _place(path)
    return kind, machine_id


def name_of(folder: str | os.PathLike) -> str:
    """Name a machine after its folder, passing over folders such as `train`."""
    place = pathlib.Path(folder).resolve()
    while place.name in _SAYS_NOTHING and place.parent != place:
        place = place.parent
    return plain_name(place.name)


_SPELT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def plain_name(text: str) -> str:
    """Return a name in letters, digits, dots, dashes and underscores; accents are left out."""
    spelt = unicodedata.normalize("NFC", text).translate(_SPELT)
    letters = (
        each for each in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(each)
    )
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "".join(letters)).strip("._-") or "machine"


def list_recordings(
    folder: str | os.PathLike,
    *,
    machine: str | None = None,
    machine_id: str | None = None,
) -> list[Clip]:
    """List the recordings of one machine as normal training clips, without opening them.

    Parameters
    ----------
    folder : path
        The folder, or a single recording, named after itself.
    machine : str, optional
        Its name (default: from the folders).
    machine_id : str, optional
        Only the clips that name this machine ID.

    Returns
    -------
    list of Clip
        By their paths, as the workflow would order them; `reason` says why one is not used.

    Raises
    ------
    UserError
        If there is no recording, or there are several machine IDs and none is chosen.
    """
    single = pathlib.Path(folder).is_file()
    paths = [pathlib.Path(folder).name] if single else find_audio(folder)
    if not single:
        check_any_read(folder, paths)
    placed = [(path, *_place(path)) for path in paths]
    if machine_id is not None:
        placed = [entry for entry in placed if entry[2] == machine_id]
        if not placed:
            raise UserError(
                "{folder}: no recording is named after machine ID {machine_id}",
                folder=folder,
                machine_id=machine_id,
            )
    groups = sorted({(kind, number) for _, kind, number, _ in placed if number})
    if len(groups) > 1:
        names = ", ".join(f"{kind} {number}".strip() for kind, number in groups)
        raise UserError(
            "{folder}: recordings of several machine IDs ({names}), and a model is for "
            "one; name the folder of one machine type, and the ID with --id",
            folder=folder,
            names=names,
        )
    [(kind, number)] = groups or [("", "")]
    machine = machine or kind or name_of(pathlib.Path(folder).with_suffix("") if single else folder)
    return [
        Clip(machine, number, "train", "normal", name, name, reason=reason)
        if (name := in_utf8(path)) == path
        else Clip(machine, number, "train", "normal", name, name, reason=NOT_UTF8)
        for path, _, _, reason in placed
    ]


def inspect_recordings(
    clips: Sequence[Clip],
    folder: pathlib.Path,
    *,
    sample_rate: int | None,
    resample: bool,
    channel: Channel,
    threads: int,
) -> tuple[list[dict], int]:
    """Open all recordings, and find the sample rate of most of them if none is given.

    Parameters
    ----------
    clips, folder, threads
        As in `pygoodvibes.data.manifest.inspect_clips`.
    sample_rate : int > 0 or None
        Hz; None: that of most recordings (of the lowest such rate, if there are several).
    resample, channel
        The `audio` section of the config.

    Returns
    -------
    rows : list of dict
        Manifest rows.
    sample_rate : int
        Hz.

    Raises
    ------
    UserError
        If no recording can be used.
    """
    options = {"channel": channel, "threads": threads}
    if sample_rate is not None:
        given = {**options, "sample_rate": sample_rate, "resample": resample}
        rows = manifest.inspect_clips(clips, folder, **given)
        return _with_any(rows, folder), sample_rate
    # with resampling no rate is refused
    rows = manifest.inspect_clips(clips, folder, sample_rate=1, resample=True, **options)
    rates = collections.Counter(
        row["sample_rate"] for row in manifest.usable(_with_any(rows, folder))
    )
    most = min(rate for rate, count in rates.items() if count == max(rates.values()))
    for row in rows:
        if row["status"] == "ok" and row["sample_rate"] != most and not resample:
            row["status"] = message(
                "sample rate {found} Hz, but {clips} of {recordings} recordings have {most} Hz: "
                "convert it, or fit with audio.resample: true in a config (--config)",
                found=row["sample_rate"],
                clips=rates[most],
                recordings=rates.total(),
                most=most,
            )
    return rows, most


def _with_any(rows: list[dict], folder: pathlib.Path) -> list[dict]:
    if not manifest.usable(rows):
        reasons = collections.Counter(row["status"] for row in rows).most_common(1)
        raise UserError(
            "{folder}: none of its {clips} recordings can be used; most often: {reason}",
            folder=folder,
            clips=len(rows),
            reason=reasons[0][0],
        )
    return rows
