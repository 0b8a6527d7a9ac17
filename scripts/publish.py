"""Copy the figures, and write the official score files, where people look for them."""

import pathlib

from pygoodvibes import publishing
from pygoodvibes.job import logged

with logged(snakemake.log):
    publishing.copy_files(
        snakemake.input.figures,
        pathlib.Path(snakemake.params.figures_folder),
        pathlib.Path(snakemake.output.figures),
    )
    publishing.write_official(snakemake.input.evaluations, pathlib.Path(snakemake.output.official))
