# The encoder of the embedding, where the workflow trains it: once, for all machine IDs.


rule train_encoder:
    input:
        frames=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/mel/{{machine}}/{{id}}.npy", trained=True
        ),
        clips=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv", trained=True
        ),
        # stand for the audio
        manifests=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv", trained=True
        ),
    output:
        encoder=f"{TRAINED}/encoder.onnx",
        history=f"{TRAINED}/history.csv",
        clips=f"{TRAINED}/clips.csv",
        cost=f"{TRAINED}/cost.csv",
    log:
        f"{LOGS}/train_encoder.log",
    benchmark:
        f"{JOB_COSTS}/train_encoder.tsv"
    conda:
        "../envs/train.yaml"
    threads: CONFIG.embedding.threads
    resources:
        mem_mb=6000,
    params:
        machine_ids=lambda wildcards: machine_ids(trained=True),
        folder=DATA_FOLDER,
        audio=section("audio"),
        mel=section("mel"),
        # not what is done with the encoder afterwards
        embedding={
            key: value
            for key, value in section("embedding").items()
            if key != "beside" and not key.startswith("control")
        },
        seed=CONFIG.seed,
        code=code("train_encoder"),
    message:
        "Train the encoder of the embedding"
    script:
        "../scripts/train_encoder.py"


# Its job imports JAX itself: a process that has done so must not be forked.
MODULES.pop("train_encoder", None)
