"""Write down what the results were made from."""

import json
import pathlib

from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.workflow.job import logged
from pygoodvibes.workflow.provenance import describe, html

with logged(snakemake.log, snakemake.input, snakemake.output):
    record = describe(
        snakemake.params.config,
        read_records(snakemake.input.manifest),
        pathlib.Path(snakemake.params.logs),
    )
    write_text(snakemake.output.json, json.dumps(record, indent=2) + "\n")
    write_text(snakemake.output.html, html(record))
