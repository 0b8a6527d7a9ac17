"""Which clips a folder holds: machine, machine ID, split and label, read from names only.

Comes in: a folder in the DCASE layout or the raw MIMII layout, or a CSV manifest. Goes out: a
sorted list of `Clip`, one for every audio file, with the reason where a file can't be placed. No
audio is opened here, so a folder of 31,000 clips is listed in a fraction of a second.

The DCASE layout is that of the anomalous sound detection task of 2020 (Koizumi et al., DCASE
Workshop 2020) and of its successors since 2021, where a machine ID is called a section. The MIMII
layout is that of the original archives (Purohit et al., DCASE Workshop 2019).
"""

import os
import pathlib
from collections.abc import Iterable

from pygoodvibes.data.audio_files import check_any_read, find_audio
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.csv_manifest import find_manifest
from pygoodvibes.data.dcase_layout import SPLIT_FOLDERS, below_the_root, place_dcase
from pygoodvibes.data.mimii_layout import mimii_depth, place_mimii
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

LAYOUT_HELP = message(
    "the DCASE layout is <machine>/train/normal_id_00_00000000.wav and "
    "<machine>/test/anomaly_id_00_00000000.wav, the MIMII layout is "
    "<machine>/id_00/normal/00000000.wav and <machine>/id_00/abnormal/00000000.wav, any other "
    "needs a CSV manifest with the columns path, machine, id, split, label"
)


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
        See `pygoodvibes.data.mimii_layout.place_mimii`; without effect in the other layouts, which
        have their own split.

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
        raise UserError(
            "the layout is {layout!r}; choose auto, dcase, mimii or manifest", layout=layout
        )
    if manifest is not None and layout in ("dcase", "mimii"):
        raise UserError(
            "the layout is {layout} but a manifest, {manifest}, is given too; leave one out",
            layout=layout,
            manifest=manifest,
        )
    if layout == "manifest" and manifest is None:
        raise UserError("the layout is manifest, but no manifest is given; name the CSV file")

    if manifest is not None:
        clips = find_manifest(manifest, folder)
    else:
        paths = find_audio(folder)
        check_any_read(folder, paths, hint=LAYOUT_HELP)
        if layout == "auto":
            layout = _tell_layout(folder, paths)
        if layout == "dcase":
            clips = place_dcase(folder, paths)
        else:
            clips = place_mimii(folder, paths, test_normal_clips=test_normal_clips, seed=seed)
    if all(clip.reason for clip in clips):
        place = folder if manifest is None else manifest
        raise UserError(
            "not one of the {clips} clips of {place} can be used; the first is {path}: {reason}",
            clips=len(clips),
            place=place,
            path=clips[0].path,
            reason=clips[0].reason,
        )
    return clips


def _tell_layout(folder: pathlib.Path, paths: Iterable[str]) -> str:
    dcase, mimii, other = "", "", ""
    for path in paths:
        parts = path.split("/")
        if len(below_the_root(parts)) in (2, 3) and parts[-2] in SPLIT_FOLDERS:
            dcase = dcase or path
        elif mimii_depth(parts) is not None:
            mimii = mimii or path
        else:
            other = other or path
    if dcase and mimii:
        raise UserError(
            "{folder} holds both the DCASE layout ({dcase}) and the MIMII layout "
            "({mimii}); set the layout, or name a folder with one of them",
            folder=folder,
            dcase=dcase,
            mimii=mimii,
        )
    if dcase:
        return "dcase"
    if mimii:
        return "mimii"
    values = {"folder": folder, "other": other, "layouts": LAYOUT_HELP}
    deep = [folder_name for folder_name in other.split("/")[:-1] if folder_name in SPLIT_FOLDERS]
    if deep and other.split("/").index(deep[0]) >= 2:
        above = other.split("/")[: other.split("/").index(deep[0]) - 1]
        raise UserError(
            "{folder} has audio ({other}) but in no known layout; perhaps {above} is the folder "
            "you mean; {layouts}",
            above=folder.joinpath(*above),
            **values,
        )
    raise UserError("{folder} has audio ({other}) but in no known layout; {layouts}", **values)
