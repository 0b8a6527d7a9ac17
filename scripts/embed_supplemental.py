"""Turn the supplemental recordings of a machine ID into vectors, as its clips are."""

from pygoodvibes.data.supplemental_vectors import embed_supplemental
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log, snakemake.input, snakemake.output):
    embed_supplemental(
        read_records(snakemake.input.manifest),
        locate(snakemake.params.folder),
        audio=snakemake.params.audio,
        mel=snakemake.params.mel,
        embedding=snakemake.params.embedding,
        vectors_path=snakemake.output.vectors,
        clips_path=snakemake.output.clips,
        trained_encoder=snakemake.input.get("trained_encoder") or None,
        progress=progress,
    )
