"""Find the clips of all machine types by their names."""

import pathlib

from pygoodvibes.data.list_clips import write_found
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_found(
        snakemake.params.dataset,
        snakemake.params.machines,
        folder=pathlib.Path(snakemake.output.found),
        unplaced_path=pathlib.Path(snakemake.output.unplaced),
    )
