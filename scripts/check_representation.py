"""Check whether machines can be told apart by the embeddings of their clips."""

from pygoodvibes.embeddings import vectors
from pygoodvibes.evaluation.representation import COLUMNS, CONFUSION_COLUMNS, check_representation
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    accuracies, confusion = check_representation(
        {
            tuple(machine_id): vectors.load(path)[0]
            for machine_id, path in zip(
                snakemake.params.machine_ids, snakemake.input.embeddings, strict=True
            )
        },
        confidence=snakemake.params.confidence,
        seed=snakemake.params.seed,
    )
    write_records(snakemake.output.accuracies, accuracies, COLUMNS)
    write_records(snakemake.output.confusion, confusion, CONFUSION_COLUMNS)
