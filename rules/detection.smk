# Detectors: one job per machine ID for all of them. Loading scikit-learn takes ten times as long as
# fitting one detector to the clips of a machine ID, so a job for each detector would mostly wait.


rule detect:
    input:
        embedding=f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        projection=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
        # only where a detector sees them
        mel=(
            multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv")
            if DATASET.source != "embedding"
            and any(each.input == "mel" for each in CONFIG.detectors.values())
            else []
        ),
    output:
        scores=f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv",
        models=f"{RESOURCES}/detection/{{machine}}/{{id}}.skops",
        notes=f"{RESOURCES}/detection/{{machine}}/{{id}}.notes.json",
        cost=f"{RESOURCES}/detection/{{machine}}/{{id}}.cost.csv",
    log:
        f"{LOGS}/detect/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=700,
    params:
        detectors=detector_settings(),
        seed=CONFIG.seed,
        code=code(
            "detect",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
    message:
        "Detect anomalies of {wildcards.machine} ID {wildcards.id}"
    script:
        "../scripts/detect.py"
