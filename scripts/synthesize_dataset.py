"""Write the clips of one machine type of the synthetic data set, and the truth about them."""

import pathlib

from pygoodvibes.data.synthesis.generate import write_machine
from pygoodvibes.data.synthesis.sections import write_sections
from pygoodvibes.workflow.fingerprint import made_whole
from pygoodvibes.workflow.job import logged, progress

with (
    logged(snakemake.log, snakemake.input, snakemake.output),
    made_whole(pathlib.Path(snakemake.output[0])) as draft,
):
    settings = dict(snakemake.params.settings)
    domains = settings.pop("domains", None)
    write = write_machine if domains is None else write_sections
    write(
        snakemake.wildcards.machine,
        list(snakemake.params.ids),
        draft,
        **settings,
        **domains or {},
        progress=progress,
    )
