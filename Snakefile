# PyGoodVibes: raw machine sounds in, reviewed tables of how well anomalies are found out.
# What is built stands here; how, in rules/ (one file per phase) and scripts/ (one per rule).

import contextlib

from snakemake.utils import min_version

min_version("9.27")


include: "rules/library.smk"


# A config file given with --configfile stands alone: nothing is mixed into it.
if not workflow.configfiles:
    check_readable("config/config.yaml")

    configfile: "config/config.yaml"


include: "rules/settings.smk"
include: "rules/inputs.smk"
include: "rules/jobs.smk"
include: "rules/data.smk"
include: "rules/features.smk"
include: "rules/detection.smk"


if CONFIG.choice:

    include: "rules/choice.smk"


include: "rules/evaluation.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/publish.smk"
include: "rules/representation.smk"


# What the report says first, and what its captions call the IDs of the data set: a report is made when all results are there. A table that is damaged is
# made again by the run, and does not keep it from starting.
config["unit"] = "machine ID"
if Path(here(f"{RESULTS}/averages.csv")).is_file():
    with contextlib.suppress(UserError, KeyError, ValueError):
        averages = read_records(here(f"{RESULTS}/averages.csv"))
        config["headline"] = " ".join(headline(averages, data=DATA_TITLE))
        config["unit"] = unit_in(read_records(here(f"{RESULTS}/manifest.csv"), most=100))


report: "report/workflow.rst"


rule all:
    default_target: True
    input:
        expand(
            f"{RESULTS}/{{file}}",
            file=[
                "metrics.json",
                "metrics.csv",
                "averages.csv",
                "sweep.csv",
                "roc.csv",
                "manifest.csv",
            ],
        ),
        rules.write_tables.output,
        rules.compare_detectors.output,
        rules.write_costs.output,
        rules.write_representation.output,
        rules.write_choice.output if CONFIG.choice else [],
        rules.publish.output,
        rules.pack_models.output,
        rules.write_summary.output,
        rules.write_provenance.output,


# All numbers, and no figure.
rule tables:
    input:
        rules.gather_metrics.output,
        rules.write_tables.output,
        rules.compare_detectors.output,


# The clips alone: what there is to version before anything is computed from it.
rule data:
    input:
        MADE,
