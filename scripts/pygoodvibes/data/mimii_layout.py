"""The layout of MIMII, `<machine>/id_00/<normal|abnormal>/<name>`: from paths to clips.

The archives have no test set: normal clips are held back for testing, by a seed.
"""

import hashlib
import pathlib
import posixpath
import re
from collections.abc import Iterable

from pygoodvibes.data.audio_files import NOT_READ, is_read
from pygoodvibes.data.clip import Clip, clip_of, finish_clips
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

_SNR = re.compile(r"(?P<snr>[+-]?[0-9]+)_?dB(?:_(?P<machine>.+))?", re.IGNORECASE)


def mimii_depth(parts: list[str]) -> int | None:
    """Return where `id_XX` is in a path that ends in id_XX/normal/file, else None."""
    if len(parts) >= 3 and parts[-2] in ("normal", "abnormal") and parts[-3].startswith("id_"):
        return len(parts) - 3
    return None


def place_mimii(
    folder: pathlib.Path, paths: Iterable[str], *, test_normal_clips: int | None, seed: int
) -> list[Clip]:
    """Place files in the raw MIMII layout, `<machine>/id_XX/{normal,abnormal}/*.wav`.

    MIMII has no split. Here every abnormal clip is a test clip, and so are as many normal clips
    of the same machine ID as it has abnormal ones, but never more than half of the normal ones.
    Which ones depends on the seed, machine, ID and file name only: neither on the order of the
    file system nor on how deep the folder lies, and one clip more or less moves few others.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of machine types, of one machine type (`id_00` directly below), or of the archives'
        own folders (`6_dB_fan/fan/id_00/...`). If signal-to-noise ratios differ, the ratio
        becomes part of the machine's name: 'fan_6_dB', 'fan_-6_dB'.
    paths : iterable of str
        From `pygoodvibes.data.audio_files.find_audio`.
    test_normal_clips : int > 0 or None
        Number of normal test clips for each machine ID instead of the rule above.
    seed : int
        Another seed gives another split.

    Returns
    -------
    list of Clip
        One for each path, sorted; `clip` is the name DCASE would give the file, because MIMII has
        `00000000.wav` among both the normal and the abnormal clips.

    Raises
    ------
    UserError
        If `test_normal_clips` leaves no training clip to a machine ID.
    """
    if test_normal_clips is not None and test_normal_clips < 1:
        raise UserError(
            "test_normal_clips is {test_normal_clips}; it must be at least 1",
            test_normal_clips=test_normal_clips,
        )
    clips: list[Clip] = []
    # (path, machine without SNR, SNR, ID, label)
    placed: list[tuple[str, str, str, str, str]] = []
    for path in paths:
        parts = path.split("/")
        depth = mimii_depth(parts)
        if depth is None or not is_read(path):
            reason = (
                message(
                    "wrong place: not <machine>/id_XX/normal/<file> or "
                    "<machine>/id_XX/abnormal/<file>"
                )
                if depth is None
                else NOT_READ
            )
            machine = parts[0] if len(parts) > 1 else ""
            clips.append(clip_of(machine, "", "", "unknown", path, parts[-1], "", reason))
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
            clips.append(clip_of(machine, machine_id, split, label, path, name, "", ""))
    return finish_clips(clips)


def _machine_and_snr(above: list[str]) -> tuple[str, str]:
    """Return the machine and the SNR ('' if none) from the folders above `id_XX`."""
    machine, snr = above[-1], ""
    for name in above:
        match = _SNR.fullmatch(name)
        if match:
            snr = match["snr"].removeprefix("+")
    with_ratio = _SNR.fullmatch(machine)
    if with_ratio:
        # 6_dB_pump/id_00/...: the folder of the ratio is the machine's too; 6_dB alone is none.
        machine = with_ratio["machine"] or ""
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
                "test_normal_clips is {test_normal_clips}, but {machine} id_{machine_id} has "
                "{clips} normal clips; choose a smaller number, so some stay for training",
                test_normal_clips=test_normal_clips,
                machine=machine,
                machine_id=machine_id,
                clips=len(normals),
            )
        count = test_normal_clips
    return {path for _, path in normals[:count]}
