# Detectors: one job per machine ID for all of them. Loading scikit-learn takes ten times as long as
# fitting one detector to the clips of a machine ID, so a job for each detector would mostly wait.

# What a model file is made from, per machine ID.
PACKED = {
    "clips": f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv",
    "mel_arrays": f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
    "mel_clips": f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
    "projections": f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    "detectors": f"{RESOURCES}/detection/{{machine}}/{{id}}.skops",
    "scores": f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv",
    "notes": f"{RESOURCES}/detection/{{machine}}/{{id}}.notes.json",
}


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


# For new recordings: one file a machine ID with all that scoring takes, audio to verdict.
rule pack_models:
    input:
        **(
            {}
            if DATASET.source in ("mel", "embedding")
            else {name: trained_ids(pattern) for name, pattern in PACKED.items()}
        ),
    output:
        folder=directory(f"{RESULTS}/models"),
    log:
        f"{LOGS}/pack_models.log",
    benchmark:
        f"{BENCHMARKS}/pack_models.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1500,
    params:
        machine_ids=lambda wildcards: machine_ids(trained=True),
        config=CONFIG.model_dump(mode="json"),
        code=code(
            "pack_models",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
    message:
        "Pack a model file for each machine ID"
    script:
        "../scripts/pack_models.py"
