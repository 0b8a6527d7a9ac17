"""Download the clips of one machine type (Zenodo) or of all (Kaggle).

Snakemake removes the machines' folders before the job; the folder `.downloads` beside them stays,
so that an interrupted download goes on where it was.
"""

import pathlib

from pygoodvibes.data.sources.registry import open_source
from pygoodvibes.workflow.fingerprint import take_snapshot
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    open_source(snakemake.params.source).fetch(
        machines=snakemake.params.machines,
        **snakemake.params.settings,
    )
    for folder in snakemake.output:
        take_snapshot(pathlib.Path(folder))
