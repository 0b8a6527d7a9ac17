"""Download the data set: `params.source`, `params.folder`, `params.settings`.

Snakemake's outputs are the machines' folders, which it removes before the job; the folder
`.downloads` beside them stays, so an interrupted download goes on where it was.
"""

from pygoodvibes.job import logged
from pygoodvibes.sources import fetch_dataset

with logged(snakemake.log):
    fetch_dataset(snakemake.params.source, snakemake.params.folder, **snakemake.params.settings)
