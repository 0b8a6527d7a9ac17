"""Choose a detector for each machine ID of a type, from its normal training clips alone.

What was scored before is taken from the scores that are kept.
"""

from pygoodvibes.choice.choose import write_choice
from pygoodvibes.workflow.checksums import earlier_results
from pygoodvibes.workflow.fit_store import FitStore
from pygoodvibes.workflow.job import logged, progress
from pygoodvibes.workflow.score_store import ScoreStore

with logged(snakemake.log, snakemake.input, snakemake.output):
    kinds = (
        "embedding",
        "projection",
        "models",
        "scores",
        "mel",
        "mel_clips",
        "clips",
        "supplemental",
    )
    files = {
        machine_id: {
            kind: snakemake.input[kind][number] if snakemake.input[kind] else None for kind in kinds
        }
        for number, machine_id in enumerate(snakemake.params.ids)
    }
    write_choice(
        snakemake.params.machine,
        files,
        snakemake.params.detectors,
        settings=snakemake.params.choice,
        max_fpr=snakemake.params.max_fpr,
        seed=snakemake.params.seed,
        choice=snakemake.output.choice,
        scores=snakemake.output.scores,
        final=snakemake.output.final,
        fits=snakemake.params.fits,
        detect_with=FitStore(earlier_results(), snakemake.params.code_of_fits).detect,
        score_with=ScoreStore(earlier_results(), snakemake.params.code_of_methods).scores,
        progress=progress,
    )
