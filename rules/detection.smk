# Detectors: one job per machine ID for all of them, since most fit within milliseconds. A job fits
# only what no earlier job has fitted: each fit is kept by itself (workflow/fit_store.py).

# Whether a detector sees log-mel frames, and there are any.
SEE_MEL = DATASET.enters_as != "embedding" and any(
    each.input == "mel" for each in CONFIG.detectors.values()
)

# Whether a detector sees the domains of training clips, which stand in the list of clips.
SEE_DOMAINS = any(each.sees_domains for each in CONFIG.detectors.values())

# What a model file is made from, per machine ID.
PACKED = {
    "clips": f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv",
    "mel_arrays": f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
    "mel_clips": f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
    "projections": f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    "detectors": f"{RESOURCES}/detection/{{machine}}/{{id}}.fitted",
    "scores": f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv",
    "notes": f"{RESOURCES}/detection/{{machine}}/{{id}}.notes.json",
}
if CONFIG.with_choice:
    # of its type
    PACKED |= {
        "choices": f"{RESOURCES}/choice/{{machine}}.json",
        "choice_scores": f"{RESOURCES}/choice/{{machine}}.final.csv",
    }


rule detect:
    input:
        embedding=f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        projection=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
        # only where a detector sees them
        mel=(
            multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv")
            if SEE_MEL
            else []
        ),
        clips=clips_of_id if SEE_DOMAINS else [],
        supplemental=supplemental_of_id if SEE_SUPPLEMENTAL else [],
    output:
        scores=f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv",
        models=f"{RESOURCES}/detection/{{machine}}/{{id}}.fitted",
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
        scored_by=CONFIG.held_out.scored_by,
        seed=CONFIG.seed,
        code=code(
            "detect",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
        # by these an edited module fits the detectors of its method alone
        code_of_methods={
            method: fit_store.code_of(method)
            for method in sorted({each.method for each in CONFIG.detectors.values()})
        },
        code_of_scores={
            method: score_store.code_of(method)
            for method in sorted({each.method for each in CONFIG.detectors.values()})
        },
    message:
        "Detect anomalies of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/detect.py"


# For new recordings: one file a machine ID with all that scoring takes, audio to verdict.
rule pack_models:
    input:
        # without audio there is nothing to pack, but a table that says so for each machine ID
        **(
            {"clips": trained_ids(PACKED["clips"])}
            if DATASET.enters_as != "audio"
            else {name: trained_ids(pattern) for name, pattern in PACKED.items()}
        ),
        encoder=ancient(ENCODER) if ENCODER else [],
        trained_encoders=trained_ids(f"{TRAINED}/encoder.onnx") if TRAINED else [],
    output:
        folder=directory(f"{RESULTS}/models"),
    log:
        f"{LOGS}/pack_models.log",
    benchmark:
        f"{JOB_COSTS}/pack_models.tsv"
    conda:
        ENCODER_ENV
    resources:
        mem_mb=1500,
    params:
        machine_ids=lambda wildcards: machine_ids(trained=True),
        config=CONFIG.model_dump(
            mode="json",
            exclude={"evaluation", "figures"} | (set() if CONFIG.with_choice else {"choice"}),
        ),
        encoder_sha256=ENCODER_SHA256,
        code=code(
            "pack_models",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
    message:
        "Pack a model file for each machine ID"
    script:
        "../scripts/pack_models.py"
