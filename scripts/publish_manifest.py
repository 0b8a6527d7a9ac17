"""Copy the manifest to where people look for it."""

import shutil

from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    shutil.copyfile(snakemake.input.manifest, snakemake.output.manifest)
