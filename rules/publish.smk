# What people read, put together: copies of figures, the page for everyone, provenance.


# A rule of its own: who wants the list of clips waits for no figure.
rule publish_manifest:
    input:
        manifest=f"{RESOURCES}/final/manifest.csv",
    output:
        manifest=f"{RESULTS}/manifest.csv",
    log:
        f"{LOGS}/publish_manifest.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        code=code("publish_manifest"),
    message:
        "Put the manifest beside the tables"
    script:
        "../scripts/publish_manifest.py"


rule publish:
    input:
        figures=figures,
        evaluations=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.json", trained=True
        ),
    output:
        figures=directory(f"{RESULTS}/figures"),
        official=directory(f"{RESULTS}/official"),
    log:
        f"{LOGS}/publish.log",
    benchmark:
        f"{JOB_COSTS}/publish.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        figures_folder=here(FIGURES),
        code=code("publish"),
    message:
        "Put figures and official score files beside the tables"
    script:
        "../scripts/publish.py"


rule write_summary:
    input:
        template=local("report/summary.html.j2"),
        manifest=f"{RESOURCES}/final/manifest.csv",
        coverage=f"{RESOURCES}/final/coverage.csv",
        metrics=f"{RESULTS}/metrics.csv",
        averages=f"{RESULTS}/averages.csv",
        headline=f"{RESULTS}/metrics.json",
        # of the same machine IDs in the same order
        evaluations=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.json", trained=True
        ),
        scores=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.scores.csv", trained=True
        ),
        mels=lambda wildcards: mel_files(".npy"),
        mel_clips=lambda wildcards: mel_files(".clips.csv"),
        catalog=CATALOG,
    output:
        page=f"{RESULTS}/summary.html",
    log:
        f"{LOGS}/write_summary.log",
    benchmark:
        f"{JOB_COSTS}/write_summary.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        report={
            "detectors": SCORED,
            "false_alarm_rates": FALSE_ALARM_RATES,
            "data": DATA_TITLE,
            "source": DATASET.source,
            "published": DATASET.published,
            "data_folder": DATA_FOLDER if DATASET.enters_as == "audio" else None,
            "config": CONFIG.model_dump(mode="json"),
        },
        code=code("write_summary"),
    message:
        "Write the report"
    script:
        "../scripts/write_summary.py"


rule write_provenance:
    input:
        # last of all, so that it can tell how long the others took
        rules.write_tables.output,
        rules.publish.output,
        rules.write_summary.output,
        metrics=f"{RESULTS}/metrics.json",
        manifest=f"{RESULTS}/manifest.csv",
    output:
        json=f"{RESULTS}/provenance.json",
        html=report(
            f"{RESOURCES}/provenance.html",
            caption="../report/write_provenance.rst",
            category="5 Provenance",
            labels={"what": "config, data, code, packages, machine, seconds"},
        ),
    log:
        f"{LOGS}/write_provenance.log",
    benchmark:
        f"{JOB_COSTS}/write_provenance.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        config=CONFIG.model_dump(mode="json"),
        logs=here(LOGS),
        code=code("write_provenance"),
    message:
        "Write down what the results were made from"
    script:
        "../scripts/write_provenance.py"
