"""Copy manifest and figures, and write the official score files, where people look for them."""

import pathlib
import shutil

from pygoodvibes import publishing
from pygoodvibes.job import logged

with logged(snakemake.log):
    shutil.copyfile(snakemake.input.manifest, snakemake.output.manifest)
    publishing.copy_files(
        snakemake.input.figures,
        pathlib.Path(snakemake.params.figures_folder),
        pathlib.Path(snakemake.output.figures),
    )
    publishing.write_official(snakemake.input.evaluations, pathlib.Path(snakemake.output.official))
