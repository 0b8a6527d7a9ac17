"""What is said of a clip beside its label: speed, load, microphone, in its name or in a table.

Comes in: the end of a DCASE clip name, or a table `attributes_00.csv`. Goes out: pairs of a
parameter and its value, in their order; a parameter may come twice.
"""

import pathlib
import re

from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.errors import UserError

Pairs = tuple[tuple[str, str], ...]
"""Pairs (parameter, value); the parameter is '' where a name doesn't tell it from the value."""

HIDDEN = "noAttribute"
"""Stands in names and tables where the organisers say nothing."""

_NAMED = ("file_name_with_full_attributes", "file_name_with_attributes", "target_file_name")
_NAME = re.compile(
    r"section_[0-9]+(?:_(?:source|target))?(?:_(?:train|test))?(?:_(?:normal|anomaly))?_[0-9]+_?"
    r"(?P<attributes>.*?)(?:\.wav)?",
    re.IGNORECASE,
)


def parse_attributes(text: str) -> Pairs:
    """Read the attributes in a clip name.

    Parameters
    ----------
    text : str
        What stands behind the number, e.g. 'car_B1_spd_34V_mic_1' or 'vel_730_ac_0.11'; dots and
        hyphens belong to the words between underscores.

    Returns
    -------
    tuple of (str, str)
        Words in pairs. A text of an odd number of words can't be told apart without its table
        ('strength_1_ambient', 'mic_pos_A'), and becomes one value without a parameter. () for ''
        and 'noAttribute'.
    """
    if not text or text == HIDDEN:
        return ()
    words = text.split("_")
    if len(words) % 2:
        return (("", text),)
    return tuple(zip(words[::2], words[1::2], strict=True))


def written(attributes: Pairs) -> str:
    """Write attributes as one text: 'spd=34V;mic=1', a value without a parameter by itself."""
    return ";".join(f"{name}={value}" if name else value for name, value in attributes)


def read_attributes(path: pathlib.Path) -> dict[str, Pairs]:
    """Read the table of a section.

    Parameters
    ----------
    path : pathlib.Path
        `attributes_00.csv`: columns file_name, d1p, d1v, d2p, d2v, ... (parameter and value), or
        file_name and the name that has the attributes (`file_name_with_attributes`,
        `file_name_with_full_attributes`); or a table that reveals hidden attributes, with the
        columns source_file_name and target_file_name.

    Returns
    -------
    dict
        By file name, without folder.

    Raises
    ------
    UserError
        If the file can't be read, has other columns, or names a clip twice.
    """
    found: dict[str, Pairs] = {}
    for record in read_records(path):
        record = {(name or "").strip().lstrip("\ufeff"): value for name, value in record.items()}
        name = record.get("file_name") or record.get("source_file_name") or ""
        numbers = [key[1:-1] for key in record if re.fullmatch(r"d[0-9]+p", key)]
        named = next((record[key] for key in _NAMED if key in record), None)
        if not name or not (numbers or named):
            raise UserError(
                "{path}: no table of attributes; its columns must be file_name, d1p, d1v, ..., or "
                "file_name and file_name_with_attributes",
                path=path,
            )
        if numbers:
            pairs = tuple((record[f"d{n}p"], record.get(f"d{n}v", "")) for n in numbers)
        else:
            match = _NAME.fullmatch(pathlib.PurePosixPath(named).name)
            pairs = parse_attributes(match["attributes"] if match else "")
        name = pathlib.PurePosixPath(name).name
        if name in found:
            raise UserError("{path}: names {clip} twice; keep one row", path=path, clip=name)
        found[name] = tuple(pair for pair in pairs if any(pair) and HIDDEN not in pair)
    return found
