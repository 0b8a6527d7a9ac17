"""Project the embeddings of all machine IDs by one PCA, for the clouds of points."""

from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    projected, more = projection.project_overview(
        {
            tuple(machine_id): vectors.load(path)[0]
            for machine_id, path in zip(snakemake.params.machine_ids, snakemake.input, strict=True)
        }
    )
    vectors.save(snakemake.output[0], projected, **more)
