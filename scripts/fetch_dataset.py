"""Download the clips of one machine type (Zenodo) or of all (Kaggle).

Snakemake removes the machines' folders before the job; the folder `.downloads` beside them stays,
so that an interrupted download goes on where it was.
"""

import pathlib

from pygoodvibes import provenance, sources
from pygoodvibes.job import logged

with logged(snakemake.log):
    sources.fetch_dataset(
        snakemake.params.source,
        machines=snakemake.params.machines,
        **snakemake.params.settings,
    )
    for folder in snakemake.output:
        provenance.take_snapshot(pathlib.Path(folder))
