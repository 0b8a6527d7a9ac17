"""Check whether machines can be told apart by the embeddings of their clips."""

from pygoodvibes import representation_check, vectors
from pygoodvibes.job import logged
from pygoodvibes.records import write_records

with logged(snakemake.log):
    accuracies, confusion = representation_check.check(
        {
            tuple(machine_id): vectors.load(path)[0]
            for machine_id, path in zip(
                snakemake.params.machine_ids, snakemake.input.embeddings, strict=True
            )
        },
        confidence=snakemake.params.confidence,
        seed=snakemake.params.seed,
    )
    write_records(snakemake.output.accuracies, accuracies, representation_check.COLUMNS)
    write_records(snakemake.output.confusion, confusion, representation_check.CONFUSION_COLUMNS)
