"""Write how many test clips are recognised by their embedding, in Markdown and CSV."""

from pygoodvibes.report import representation_tables
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    representation_tables.write_representation(
        accuracies=snakemake.input.accuracies,
        confusion=snakemake.input.confusion,
        outputs=dict(snakemake.output.items()),
        confidence=snakemake.params.confidence,
        data=snakemake.params.data,
    )
