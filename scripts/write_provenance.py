"""Write down what the results were made from."""

import json
import pathlib

from pygoodvibes.util.csv_files import read_records
from pygoodvibes.workflow.job import logged
from pygoodvibes.workflow.provenance import describe, html

with logged(snakemake.log):
    record = describe(
        snakemake.params.config,
        read_records(snakemake.input.manifest),
        pathlib.Path(snakemake.params.logs),
    )
    pathlib.Path(snakemake.output.json).write_text(json.dumps(record, indent=2) + "\n")
    pathlib.Path(snakemake.output.html).write_text(html(record), encoding="utf-8")
