# From scores to metrics: per machine ID, then all of them.


rule evaluate:
    input:
        clips=clips_of_id,
        projection=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
        scores=f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv",
        notes=f"{RESOURCES}/detection/{{machine}}/{{id}}.notes.json",
        choice=choice_of_type("{machine}"),
    output:
        evaluation=f"{RESOURCES}/evaluation/{{machine}}/{{id}}.json",
        scores=f"{RESOURCES}/evaluation/{{machine}}/{{id}}.scores.csv",
    log:
        f"{LOGS}/evaluate/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        false_alarm_rates=FALSE_ALARM_RATES,
        threshold_method=CONFIG.threshold.method,
        evaluation={**section("evaluation"), "year": CONFIG.year},
        seed=CONFIG.seed,
        code=code("evaluate"),
    message:
        "Evaluate the detectors on {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/evaluate.py"


rule gather_metrics:
    input:
        coverage=f"{RESOURCES}/final/coverage.csv",
        evaluations=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.json", trained=True
        ),
        scores=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.scores.csv", trained=True
        ),
    output:
        metrics_json=f"{RESULTS}/metrics.json",
        metrics=f"{RESULTS}/metrics.csv",
        averages=f"{RESULTS}/averages.csv",
        sweep=f"{RESULTS}/sweep.csv",
        roc=f"{RESULTS}/roc.csv",
        scores=f"{RESOURCES}/scores.csv",
    log:
        f"{LOGS}/gather_metrics.log",
    benchmark:
        f"{JOB_COSTS}/gather_metrics.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        detectors=SCORED,
        confidence=CONFIG.evaluation.confidence,
        code=code("gather_metrics"),
    message:
        "Gather the metrics of all machine IDs"
    script:
        "../scripts/gather_metrics.py"
