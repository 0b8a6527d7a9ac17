"""Train the encoder of the embedding on the normal training clips of all machine IDs."""

import logging
import pathlib
import shutil
import sys
import tempfile

from pygoodvibes.audio import mel_cache
from pygoodvibes.encoders import job
from pygoodvibes.util.atomic import write_bytes
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow import checksums
from pygoodvibes.workflow.job import logged


def tell(progress):
    """Write a line to the log, and to the terminal if there is one."""
    logging.getLogger(__name__).info("%s", progress)
    if sys.stderr.isatty():
        print(f"train_encoder: {progress}", file=sys.stderr, flush=True)


SPECTRA = ".spectra-"
FOLDER = pathlib.Path(snakemake.output.encoder).parent
for left_by_a_kill in FOLDER.glob(f"{SPECTRA}*"):
    shutil.rmtree(left_by_a_kill)

with (
    logged(snakemake.log, snakemake.input, snakemake.output),
    # spectra of a data set may take gigabytes, and where /tmp lies in memory there are none
    tempfile.TemporaryDirectory(prefix=SPECTRA, dir=FOLDER) as made,
):
    keys = list(map(tuple, snakemake.params.machine_ids))
    files = zip(keys, snakemake.input.frames, snakemake.input.clips, strict=True)
    manifests = zip(keys, map(read_records, snakemake.input.manifests), strict=True)
    trained = job.train(
        {key: mel_cache.open_cache(frames, clips) for key, frames, clips in files},
        {name: snakemake.params[name] for name in ("embedding", "audio", "mel", "seed")},
        attributes={
            key: {row["clip"]: row["attributes"] for row in rows if row["split"] == "train"}
            for key, rows in manifests
        },
        data_folder=locate(snakemake.params.folder),
        code=snakemake.params.code,
        checkpoints=checksums.earlier_results() or pathlib.Path("resources/.cache"),
        work_folder=pathlib.Path(made),
        tell=tell,
    )
    write_bytes(snakemake.output.encoder, trained.content)
    write_records(snakemake.output.history, trained.history, job.HISTORY_COLUMNS)
    write_records(snakemake.output.clips, trained.clips, job.CLIP_COLUMNS)
    write_records(snakemake.output.cost, [trained.cost], job.COST_COLUMNS)
