# Clips from a download (dataset.source: zenodo, kaggle).


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
            [wildcards.get("machine")] if DATASET.source == "zenodo" else DATASET.wanted(MACHINES)
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
