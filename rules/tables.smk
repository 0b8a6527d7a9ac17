# Tables that people read.


rule write_tables:
    input:
        manifest=f"{RESOURCES}/final/manifest.csv",
        coverage=f"{RESOURCES}/final/coverage.csv",
        metrics=f"{RESULTS}/metrics.csv",
        averages=f"{RESULTS}/averages.csv",
        references=REFERENCES,
    output:
        averages=f"{RESULTS}/tables/averages.md",
        machine_ids=f"{RESULTS}/tables/machine_ids.md",
        thresholds=f"{RESULTS}/tables/thresholds.md",
        clips=f"{RESULTS}/tables/clips.md",
        html=report(
            f"{RESULTS}/tables/tables.html",
            caption="../report/write_tables.rst",
            category="1 Tables",
            labels={"what": "all tables"},
        ),
    log:
        f"{LOGS}/write_tables.log",
    benchmark:
        f"{JOB_COSTS}/write_tables.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        texts={
            "data": DATA_TITLE,
            "published": DATASET.published,
            "false_alarm_rates": FALSE_ALARM_RATES,
            **section("evaluation", "max_fpr", "confidence"),
        },
        code=code("write_tables"),
    message:
        "Write the tables"
    script:
        "../scripts/write_tables.py"


rule compare_detectors:
    input:
        scores=f"{RESOURCES}/scores.csv",
        three=f"{RESOURCES}/choice/three.md" if CONFIG.choice else [],
        # the truth about synthetic clips lies beside them
        faults=(MADE if DATASET.made_by == "synthesize_dataset" else []),
        references=REFERENCES,
    output:
        comparison=report(
            f"{RESULTS}/tables/detector_comparison.md",
            caption="../report/compare_detectors.rst",
            category="1 Tables",
            labels={"what": "comparison of the detectors"},
        ),
    log:
        f"{LOGS}/compare_detectors.log",
    benchmark:
        f"{JOB_COSTS}/compare_detectors.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        **section("evaluation", "max_fpr", "bootstrap", "confidence"),
        detectors=SCORED,
        seed=CONFIG.seed,
        data=DATA_TITLE,
        published=DATASET.published,
        code=code("compare_detectors"),
    message:
        "Compare the detectors"
    script:
        "../scripts/compare_detectors.py"


# Beside the folder of tables, not in it: the same config gives the same tables again, and other
# seconds.
rule write_costs:
    input:
        costs=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/detection/{{machine}}/{{id}}.cost.csv", trained=True
        ),
        choices=trained_ids(f"{RESOURCES}/choice/{{machine}}.json") if CONFIG.with_choice else [],
    output:
        table=report(
            f"{RESULTS}/costs.md",
            caption="../report/write_costs.rst",
            category="1 Tables",
            labels={"what": "cost of the detectors"},
        ),
        numbers=f"{RESULTS}/costs.csv",
    log:
        f"{LOGS}/write_costs.log",
    benchmark:
        f"{JOB_COSTS}/write_costs.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        detectors=SCORED,
        ids=lambda wildcards: [machine_id for _, machine_id in machine_ids(trained=True)],
        data=DATA_TITLE,
        code=code("write_costs"),
    message:
        "Write what the detectors cost"
    script:
        "../scripts/write_costs.py"
