"""Write the tables that people read, in Markdown and HTML."""

import pathlib

from pygoodvibes.report.run_tables import write_tables
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_tables(
        manifest=snakemake.input.manifest,
        coverage=snakemake.input.coverage,
        metrics=snakemake.input.metrics,
        averages=snakemake.input.averages,
        outputs={name: pathlib.Path(path) for name, path in snakemake.output.items()},
        **snakemake.params.texts,
    )
