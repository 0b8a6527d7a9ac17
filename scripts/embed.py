"""Turn the log-mel frames of each clip of a machine ID into a vector."""

from pygoodvibes import embeddings, mel_cache, vectors
from pygoodvibes.job import logged

with logged(snakemake.log):
    cache = mel_cache.open_cache(snakemake.input.frames, snakemake.input.clips)
    vectors.save(snakemake.output[0], embeddings.embed_clips(cache, snakemake.params.embedding))
