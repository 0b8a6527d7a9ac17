"""Write the report for who runs the machines: one HTML page."""

import pathlib

from pygoodvibes.report.summary.inputs import PageFiles, PageSettings
from pygoodvibes.report.summary.page import write_summary
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_summary(
        PageFiles(**dict(snakemake.input.items())),
        PageSettings(**snakemake.params.report),
        output=pathlib.Path(snakemake.output.page),
    )
