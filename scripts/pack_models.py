"""Write one model file per machine ID, for scoring new recordings without the workflow."""

import pathlib

from pygoodvibes.config.validate import validate
from pygoodvibes.models import packing
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    names = ("clips", "mel_arrays", "mel_clips", "projections", "detectors", "scores", "notes")
    names += ("choices", "choice_scores")
    packing.pack_models(
        validate(snakemake.params.config),
        snakemake.params.machine_ids,
        **{name: snakemake.input.get(name, []) for name in names},
        encoders=snakemake.input.get("trained_encoders", []),
        folder=pathlib.Path(snakemake.output.folder),
    )
