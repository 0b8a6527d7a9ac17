"""Write the report for who runs the machines: one HTML page."""

import pathlib

from pygoodvibes import plain_report
from pygoodvibes.job import logged

with logged(snakemake.log):
    plain_report.write_report(
        **dict(snakemake.input.items()),
        **dict(snakemake.params.report),
        output=pathlib.Path(snakemake.output.page),
    )
