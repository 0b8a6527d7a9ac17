"""Fit the PCA of a machine ID on its normal training clips and project all its clips."""

from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    embedded, more = vectors.load(snakemake.input[0])
    folds = fold_clips(
        int(embedded.train.sum()),
        folds=snakemake.params.folds,
        seed=snakemake.params.seed,
        among=vectors.unseen(embedded, more)[embedded.train],
    )
    projected = projection.project_vectors(embedded, folds, **snakemake.params.projection)
    projection.save(snakemake.output[0], projected)
