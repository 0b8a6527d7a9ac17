"""Write what the detectors cost, in Markdown and CSV."""

from pygoodvibes.report.cost_tables import write_costs
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    write_costs(
        costs=snakemake.input.costs,
        table=snakemake.output.table,
        numbers=snakemake.output.numbers,
        detectors=snakemake.params.detectors,
        data=snakemake.params.data,
        choices=snakemake.input.choices,
        ids=snakemake.params.ids,
    )
