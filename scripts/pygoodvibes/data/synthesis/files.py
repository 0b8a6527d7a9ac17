"""Files of the generator: clips as WAV, and the table of their faults.

Comes in: samples, and what each clip was to be. Goes out: the folder of a machine type.
"""

import csv
import io
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.util.errors import UserError

TRUTH_COLUMNS: tuple[str, ...] = (
    "machine",
    "id",
    "split",
    "clip",
    "label",
    "fault",
    "severity",
    "pattern",
)


def prepare_folder(folder: pathlib.Path, rows: Sequence[Mapping]) -> None:
    """Make the folders of clips, their `split`, and refuse to mix them with other clips."""
    wanted = {folder / row["split"] / row["clip"] for row in rows}
    strangers = sorted(set(folder.glob("*/*.wav")) - wanted)
    if strangers:
        raise UserError(
            "{folder} already holds {clips} other clips, such as {first}; empty the "
            "folder or choose another",
            folder=folder,
            clips=len(strangers),
            first=strangers[0].name,
        )
    for split in dict.fromkeys(("train", "test", *(row["split"] for row in rows))):
        (folder / split).mkdir(parents=True, exist_ok=True)


def write_clip(path: pathlib.Path, samples: np.ndarray, sample_rate: int) -> None:
    """Write the samples of a clip, shape (n,) or (n, n_channels), as a WAV file, PCM 16 bit."""
    import soundfile

    # libsndfile would say of a full disk only 'System error'
    content = io.BytesIO()
    soundfile.write(content, samples, sample_rate, subtype="PCM_16", format="WAV")
    path.write_bytes(content.getvalue())


def write_truth(folder: pathlib.Path, truth: Sequence[Mapping]) -> None:
    """Write `faults.csv`, the truth about the faults, with the columns `TRUTH_COLUMNS`."""
    with (folder / "faults.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, TRUTH_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(truth)
