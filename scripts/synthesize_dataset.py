"""Write the clips of one machine type of the synthetic data set, and the truth about them."""

import pathlib

from pygoodvibes.data.synthesis.generate import write_machine
from pygoodvibes.workflow.fingerprint import made_whole
from pygoodvibes.workflow.job import logged, progress

with (
    logged(snakemake.log, snakemake.input, snakemake.output),
    made_whole(pathlib.Path(snakemake.output[0])) as draft,
):
    write_machine(
        snakemake.wildcards.machine,
        list(snakemake.params.ids),
        draft,
        **snakemake.params.settings,
        progress=progress,
    )
