"""Write the clips of one machine type of the synthetic data set, and the truth about them."""

import pathlib

from pygoodvibes import provenance
from pygoodvibes.job import logged, progress
from pygoodvibes.synthesis import write_machine

with logged(snakemake.log):
    write_machine(
        snakemake.wildcards.machine,
        list(snakemake.params.ids),
        snakemake.output[0],
        **snakemake.params.settings,
        progress=progress,
    )
    provenance.take_snapshot(pathlib.Path(snakemake.output[0]))
