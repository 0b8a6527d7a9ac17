"""Turn the log-mel frames of each clip of a machine ID into a vector."""

from pygoodvibes.audio import mel_cache
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.workflow import checksums
from pygoodvibes.workflow.job import logged

# the frames are read once: they are compared while they are at hand
with logged(snakemake.log, [snakemake.input.clips], snakemake.output):
    read = checksums.Running()
    frames = mel_cache.Reading(snakemake.input.frames, snakemake.input.clips, read)
    embedded = embed_clips(frames, snakemake.params.embedding)
    checksums.check_read(snakemake.input.frames, read, checksums.earlier_results())
    vectors.save(snakemake.output[0], embedded)
