"""Copy figures, and write the official score files, where people look for them."""

import pathlib

from pygoodvibes.evaluation.official_scores import copy_files, write_official
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    copy_files(
        snakemake.input.figures,
        pathlib.Path(snakemake.params.figures_folder),
        pathlib.Path(snakemake.output.figures),
    )
    write_official(snakemake.input.evaluations, pathlib.Path(snakemake.output.official))
