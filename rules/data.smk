# Clips: made, fetched, or found in a folder; and listed.

# What can be known to be wrong with the data before any job starts is said now.
try:
    if DATASET.source == "folder":
        listing.find(DATASET, locate(DATASET.path))
    elif DATASET.source in ("mel", "embedding"):
        read_records(locate(DATASET.path))
except UserError as error:
    stop(error)


if DATASET.source == "synthetic":

    rule synthesize_dataset:
        output:
            directory(local(f"{DATA}/{{machine}}")),
        log:
            f"{LOGS}/synthesize_dataset/{{machine}}.log",
        benchmark:
            f"{BENCHMARKS}/synthesize_dataset/{{machine}}.tsv"
        conda:
            "../envs/pygoodvibes.yaml"
        resources:
            mem_mb=500,
        params:
            ids=lambda wildcards: synthetic_ids(wildcards.machine),
            settings=section(
                "dataset",
                "train_clips",
                "test_normal_clips",
                "test_anomaly_clips",
                "seconds",
                "snr_db",
                "seed",
            )
            | {"sample_rate": CONFIG.audio.sample_rate},
            code=code("synthesize_dataset"),
        message:
            "Make the synthetic clips of {wildcards.machine}"
        script:
            "../scripts/synthesize_dataset.py"

elif DATASET.source in ("zenodo", "kaggle"):

    # the nodes of a cluster often can't reach the internet
    localrules:
        fetch_dataset,

    rule fetch_dataset:
        output:
            # Zenodo has an archive a machine type, Kaggle one for all
            directory(local(f"{DATA}/{{machine}}"))
            if DATASET.source == "zenodo"
            else [directory(folder) for folder in MADE],
        log:
            f"{LOGS}/fetch_dataset/{{machine}}.log"
            if DATASET.source == "zenodo"
            else f"{LOGS}/fetch_dataset.log",
        conda:
            "../envs/pygoodvibes.yaml"
        resources:
            mem_mb=500,
        params:
            source=DATASET.source,
            machines=lambda wildcards: (
                [wildcards.get("machine")]
                if DATASET.source == "zenodo"
                else DATASET.wanted(MACHINES)
            ),
            settings={"folder": DATA}
            | section(
                "dataset",
                *{"zenodo": ["parts", "base_url"], "kaggle": ["dataset"]}[DATASET.source],
            ),
            code=code("fetch_dataset"),
        message:
            "Fetch the clips from {params.source}"
        script:
            "../scripts/fetch_dataset.py"


# A checkpoint: which machine IDs there are, and what they can carry, is known once it is done.
checkpoint list_clips:
    input:
        MADE,
    output:
        manifest=local(f"{RESOURCES}/manifest.csv"),
        coverage=local(f"{RESOURCES}/coverage.csv"),
        ids=directory(local(f"{RESOURCES}/manifests")),
    log:
        f"{LOGS}/list_clips.log",
    conda:
        "../envs/pygoodvibes.yaml"
    threads: 2
    resources:
        mem_mb=500,
    params:
        clips={
            # published results stand beside ours in tables alone
            "dataset": {k: v for k, v in section("dataset").items() if k != "benchmark"},
            "folder": DATA_FOLDER,
            "audio": section("audio"),
        },
        state=state_of_clips(),
        code=code("list_clips"),
    message:
        "List the clips"
    script:
        "../scripts/list_clips.py"
