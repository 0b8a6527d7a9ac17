"""Bring the vectors of a machine ID, computed elsewhere, into an embedding file."""

from pygoodvibes import precomputed, vectors
from pygoodvibes.job import logged
from pygoodvibes.manifest import usable
from pygoodvibes.paths import locate
from pygoodvibes.records import read_records

with logged(snakemake.log):
    _, values, names = precomputed.list_vectors(
        locate(snakemake.params.table),
        array=snakemake.params.array,
        columns=snakemake.params.columns,
    )
    rows = usable(read_records(snakemake.input.clips))
    own = values[[int(row["offset"]) for row in rows]]
    vectors.save(snakemake.output[0], vectors.from_records(rows, own, names))
