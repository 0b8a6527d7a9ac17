"""Write down what the results were made from."""

import json
import pathlib

from pygoodvibes import origin
from pygoodvibes.job import logged
from pygoodvibes.records import read_records

with logged(snakemake.log):
    record = origin.describe(
        snakemake.params.config,
        read_records(snakemake.input.manifest),
        pathlib.Path(snakemake.params.logs),
    )
    pathlib.Path(snakemake.output.json).write_text(json.dumps(record, indent=2) + "\n")
    pathlib.Path(snakemake.output.html).write_text(origin.html(record), encoding="utf-8")
