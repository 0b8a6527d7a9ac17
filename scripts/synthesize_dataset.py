"""Write the clips of one machine type of the synthetic data set, and the truth about them."""

import pathlib

from pygoodvibes.data.synthesis.generate import write_machine
from pygoodvibes.workflow.fingerprint import take_snapshot
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log):
    write_machine(
        snakemake.wildcards.machine,
        list(snakemake.params.ids),
        snakemake.output[0],
        **snakemake.params.settings,
        progress=progress,
    )
    take_snapshot(pathlib.Path(snakemake.output[0]))
