"""Bring the vectors of a machine ID, computed elsewhere, into an embedding file."""

from pygoodvibes.data.manifest import usable
from pygoodvibes.data.sources.embedding import list_vectors
from pygoodvibes.embeddings import vectors
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    _, values, names = list_vectors(
        locate(snakemake.params.table),
        array=snakemake.params.array,
        columns=snakemake.params.columns,
    )
    rows = usable(read_records(snakemake.input.clips))
    own = values[[int(row["offset"]) for row in rows]]
    vectors.save(snakemake.output[0], vectors.from_records(rows, own, names))
