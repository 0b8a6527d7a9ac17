# Clips from a download (dataset.source: zenodo, kaggle).


# the nodes of a cluster often can't reach the internet
localrules:
    fetch_dataset,


rule fetch_dataset:
    output:
        # there is an archive a machine type (Zenodo), or one for all (Kaggle)
        directory(local(f"{DATA}/{{machine}}"))
        if not DATASET.at_once
        else [directory(folder) for folder in MADE],
    log:
        f"{LOGS}/fetch_dataset/{{machine}}.log"
        if not DATASET.at_once
        else f"{LOGS}/fetch_dataset.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        source=DATASET.source,
        machines=lambda wildcards: (
            [wildcards.get("machine")] if not DATASET.at_once else DATASET.made_machines()
        ),
        settings={"folder": DATA} | section("dataset", *DATASET.fetched_with),
        code=code("fetch_dataset", sources.module_of(DATASET.source)),
    message:
        "Fetch the clips from {params.source}"
    script:
        "../scripts/fetch_dataset.py"
