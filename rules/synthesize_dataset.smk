# Clips made by the generator, a job per machine type (dataset.source: synthetic).


rule synthesize_dataset:
    output:
        directory(local(f"{DATA}/{{machine}}")),
    log:
        f"{LOGS}/synthesize_dataset/{{machine}}.log",
    benchmark:
        f"{JOB_COSTS}/synthesize_dataset/{{machine}}.tsv"
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
            "channels",
            "domains",
        )
        | {"sample_rate": CONFIG.audio.sample_rate},
        code=code("synthesize_dataset"),
    message:
        "Make the synthetic clips of {wildcards.machine}"
    script:
        "../scripts/synthesize_dataset.py"
