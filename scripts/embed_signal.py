"""Turn the samples of each clip of a machine ID into a vector."""

import numpy as np

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.embed import embed_clips, open_encoder
from pygoodvibes.encoders.roles import seen_clips
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.job import logged, progress

with logged(snakemake.log, snakemake.input, snakemake.output):
    cache = mel_cache.open_cache(snakemake.input.frames, snakemake.input.clips)
    signals = signals_of(
        progress(cache.clips, total=len(cache.clips)),
        locate(snakemake.params.folder),
        audio_settings=snakemake.params.audio,
    )
    trained = snakemake.input.get("trained_encoder")
    embedded = embed_clips(
        cache,
        snakemake.params.embedding,
        signals=signals,
        sample_rate=snakemake.params.audio["sample_rate"],
        encoder=open_encoder(snakemake.params.embedding, trained or None),
    )
    more = {}
    if trained:
        rows = read_records(snakemake.input.encoder_clips)
        seen = seen_clips(rows, snakemake.wildcards.machine, snakemake.wildcards.id)
        # test clips may have the names of training clips
        more[vectors.UNSEEN] = ~(embedded.train & np.isin(embedded.clip, seen))
    vectors.save(snakemake.output[0], embedded, **more)
