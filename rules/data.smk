# Clips: made, fetched, or found in a folder; and listed.

if DATASET.source == "synthetic":
    from pygoodvibes import synthesis

    def synthetic_ids(machine):
        """Return the machine IDs to make: the selected ones, or all that the generator has."""
        chosen = "all" if DATASET.machines == "all" else DATASET.machines[machine]
        return list(synthesis.DEFAULT_IDS[machine] if chosen == "all" else chosen)

    rule synthesize_dataset:
        output:
            directory(f"{DATA}/{{machine}}"),
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
        log:
            f"{LOGS}/synthesize_dataset/{{machine}}.log",
        benchmark:
            f"{BENCHMARKS}/synthesize_dataset/{{machine}}.tsv"
        resources:
            mem_mb=500,
        message:
            "Make the synthetic clips of {wildcards.machine}"
        script:
            "../scripts/synthesize_dataset.py"

    MADE = expand(f"{DATA}/{{machine}}", machine=DATASET.wanted(synthesis.MACHINES))

elif DATASET.source in ("zenodo", "kaggle"):
    from pygoodvibes.config import MACHINES

    MADE = expand(f"{DATA}/{{machine}}", machine=DATASET.wanted(MACHINES))

    rule fetch_dataset:
        output:
            # Zenodo has an archive a machine type, Kaggle one for all
            directory(f"{DATA}/{{machine}}")
            if DATASET.source == "zenodo"
            else [directory(folder) for folder in MADE],
        params:
            source=DATASET.source,
            folder=DATA,
            machines=lambda wildcards: [
                wildcards.get("machine")
            ] if DATASET.source == "zenodo" else DATASET.wanted(MACHINES),
            settings=section(
                "dataset",
                *{"zenodo": ["parts", "base_url"], "kaggle": ["dataset"]}[DATASET.source],
            ),
            code=code("fetch_dataset"),
        log:
            f"{LOGS}/fetch_dataset/{{machine}}.log"
            if DATASET.source == "zenodo"
            else f"{LOGS}/fetch_dataset.log",
        resources:
            mem_mb=500,
        message:
            "Fetch the clips from {params.source}"
        script:
            "../scripts/fetch_dataset.py"

else:
    MADE = []


def state_of_clips():
    """Tell whether clips have changed since they were made, or since they were last listed."""
    if DATASET.source in ("synthetic", "zenodo", "kaggle"):
        return [provenance.state(Path(folder)) for folder in MADE]
    places = [DATASET.path, getattr(DATASET, "manifest", None), getattr(DATASET, "array", None)]
    if DATASET.source == "mel":
        places.append(DATA_FOLDER)
    return [provenance.state(locate(place)) for place in places if place]


# What can be known to be wrong with the data before any job starts is said now.
try:
    if DATASET.source == "folder":
        listing.find(DATASET, locate(DATASET.path))
    elif DATASET.source in ("mel", "embedding"):
        read_records(locate(DATASET.path))
except UserError as error:
    stop(error)


# A checkpoint: which machine IDs there are, and what they can carry, is known once it is done.
checkpoint list_clips:
    input:
        MADE,
    output:
        manifest=f"{RESOURCES}/manifest.csv",
        coverage=f"{RESOURCES}/coverage.csv",
        ids=directory(f"{RESOURCES}/manifests"),
    params:
        dataset=section("dataset"),
        folder=DATA_FOLDER,
        audio=section("audio"),
        state=state_of_clips(),
        code=code("list_clips"),
    log:
        f"{LOGS}/list_clips.log",
    benchmark:
        f"{BENCHMARKS}/list_clips.tsv"
    threads: 2
    resources:
        mem_mb=500,
    message:
        "List the clips of {params.folder}"
    script:
        "../scripts/list_clips.py"
