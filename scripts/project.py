"""Fit the PCA of a machine ID on its normal training clips and project all its clips."""

from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.workflow.job import logged

with logged(snakemake.log):
    embedded, _ = vectors.load(snakemake.input[0])
    projected, more = projection.project_vectors(
        embedded,
        folds=snakemake.params.folds,
        seed=snakemake.params.seed,
        **snakemake.params.projection,
    )
    vectors.save(snakemake.output[0], projected, **more)
