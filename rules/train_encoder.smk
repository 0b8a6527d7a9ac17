# The encoder of the embedding, where the workflow trains it: for all machine types, or for each.

LEARNT_FROM = of_type if "{machine}" in TRAINED else trained_ids


rule train_encoder:
    input:
        frames=LEARNT_FROM(f"{RESOURCES}/mel/{{machine}}/{{id}}.npy"),
        clips=LEARNT_FROM(f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv"),
        # stand for the audio
        manifests=LEARNT_FROM(f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv"),
    output:
        encoder=f"{TRAINED}/encoder.onnx",
        history=f"{TRAINED}/history.csv",
        clips=f"{TRAINED}/clips.csv",
        cost=f"{TRAINED}/cost.csv",
    log:
        f"{LOGS}/train_{OF_ENCODER}.log",
    benchmark:
        f"{JOB_COSTS}/train_{OF_ENCODER}.tsv"
    conda:
        "../envs/train.yaml"
    threads: CONFIG.embedding.threads
    resources:
        mem_mb=6000,
    params:
        machine_ids=lambda wildcards: machine_ids(wildcards.get("machine"), trained=True),
        folder=DATA_FOLDER,
        audio=section("audio"),
        mel=section("mel"),
        # not what is done with the encoder afterwards
        embedding={
            key: value
            for key, value in section("embedding").items()
            if key not in ("beside", "trained_for") and not key.startswith("control")
        },
        seed=CONFIG.seed,
        code=code("train_encoder"),
    message:
        "Train the encoder of the embedding"
    script:
        "../scripts/train_encoder.py"


# Its job imports JAX itself: a process that has done so must not be forked.
MODULES.pop("train_encoder", None)
