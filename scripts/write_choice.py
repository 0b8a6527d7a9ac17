"""Write what was chosen for each machine ID without labels, and what the labels say of it."""

from pygoodvibes.report import choice_tables
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    choice_tables.write_choice(
        choices=snakemake.input.choices,
        scores=snakemake.input.scores,
        manifest=snakemake.input.manifest,
        outputs=dict(snakemake.output.items()),
        default=snakemake.params.default,
        indicator=snakemake.params.indicator,
        top=snakemake.params.top,
        keep_fixed=snakemake.params.keep_fixed,
        max_fpr=snakemake.params.max_fpr,
        resamples=snakemake.params.bootstrap,
        confidence=snakemake.params.confidence,
        seed=snakemake.params.seed,
        data=snakemake.params.data,
    )
