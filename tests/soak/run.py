"""Try what goes wrong in plants, on disks and between people, very often; print a table.

Usage: ``python tests/soak/run.py --scale 1/10 --seed 0``

The whole of it (scale 1) took 45 minutes on two busy cores, and 2 more for networks; a tenth took 2
minutes, and is part of CI. The same scale and seed try the same. The table is also written to
`results/soak/soak.tsv`; what broke a promise is listed below it, and the exit code is then 1.
"""

import argparse
import csv
import fractions
import pathlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator

from soak.downloads import try_downloads
from soak.encoders import try_encoders
from soak.faults import try_faults
from soak.found import Found
from soak.models import try_models
from soak.recordings import try_recordings

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "results/soak/soak.tsv"
COLUMNS = ("what", "count", "outcome", "wrong", "seconds")

RECORDINGS, MODELS, ENCODERS, DOWNLOADS = 3040, 1000, 1000, 200
"""How many of each are tried at scale 1."""


def all_parts(place: pathlib.Path, scale: float, seed: int) -> Iterator[Found]:
    """Try everything."""
    yield from try_models(round(MODELS * scale), seed)
    yield from try_encoders(round(ENCODERS * scale), seed)
    yield from try_downloads(place / "downloads", round(DOWNLOADS * scale), seed)
    yield from try_recordings(place / "recordings", round(RECORDINGS * scale), seed)
    yield from try_faults(place / "faults", scale, seed)


def timed(parts: Iterable[Found]) -> Iterator[Found]:
    """Note how long each part took, and say that it is done."""
    before = time.monotonic()
    for found in parts:
        found.seconds = time.monotonic() - before
        before = time.monotonic()
        print(f"{found.what}: {found.count} ({found.text}), {found.seconds:.0f} s", flush=True)
        for sentence in found.wrong:
            print(f"  wrong: {sentence}", flush=True)
        yield found


def write(parts: Iterable[Found], path: pathlib.Path) -> int:
    """Write the table; return the exit code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for found in parts:
            row = (found.what, found.count, found.text, len(found.wrong), round(found.seconds))
            writer.writerow(row)
            file.flush()
            wrong += len(found.wrong)
    return 1 if wrong else 0


def main(arguments: list[str] | None = None) -> int:
    """Run the soak; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scale", type=fractions.Fraction, default=1, help="1 is all, 1/10 a tenth"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak_") as place:
        parts = timed(all_parts(pathlib.Path(place), float(options.scale), options.seed))
        code = write(parts, TABLE)
    print(f"\n{TABLE.read_text(encoding='utf-8')}\nall in {time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
