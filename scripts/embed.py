"""Turn the log-mel frames of each clip of a machine ID into a vector."""

from pygoodvibes.audio import mel_cache
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    cache = mel_cache.open_cache(snakemake.input.frames, snakemake.input.clips)
    vectors.save(snakemake.output[0], embed_clips(cache, snakemake.params.embedding))
