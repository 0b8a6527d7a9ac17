# Figures that people read; `snakemake --report` puts them into one HTML file.
#
# The key under which earlier results are kept doesn't hold wildcards, so scripts take what they need
# of them from params.
#
# Figures are kept for every setting tried, like all that is computed on the way; what people read
# are copies (rule publish).


rule plot_clips:
    input:
        manifest=f"{RESOURCES}/final/manifest.csv",
    output:
        figure=report(
            f"{FIGURES}/clips.png",
            caption="../report/plot_clips.rst",
            category="2 Data",
            labels={"figure": "clips per machine ID"},
        ),
    log:
        f"{LOGS}/plot_clips.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        title_suffix=DATA_TITLE,
        code=code("plot_clips"),
    message:
        "Draw the distribution of clips"
    script:
        "../scripts/plot_clips.py"


rule plot_examples:
    input:
        mels=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/mel/{{machine}}/{{id}}.npy", wildcards.machine
        ),
        clips=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv", wildcards.machine
        ),
    output:
        figure=report(
            f"{FIGURES}/examples/{{machine}}.png",
            caption="../report/plot_examples.rst",
            category="2 Data",
            labels={"figure": "example clips", "machine": "{machine}"},
        ),
    log:
        f"{LOGS}/plot_examples/{{machine}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        **section("mel", "hop_length", "fmin", "fmax", "htk"),
        machine=lambda wildcards: wildcards.machine,
        ids=lambda wildcards: [machine_id for _, machine_id in machine_ids(wildcards.machine)],
        data_folder=DATA_FOLDER if DATASET.enters_as == "audio" else None,
        audio=section("audio"),
        title_suffix=DATA_TITLE,
        code=code("plot_examples"),
    message:
        "Draw example clips of {wildcards.machine}"
    script:
        "../scripts/plot_examples.py"


rule plot_deviation:
    input:
        mel=multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv"),
        scores=f"{RESOURCES}/evaluation/{{machine}}/{{id}}.scores.csv",
    output:
        figure=report(
            f"{FIGURES}/deviation/{{machine}}_id_{{id}}.png",
            caption="../report/plot_deviation.rst",
            category="4 Results",
            labels={
                "figure": "what the detector heard",
                "machine": "{machine} ID {id}",
            },
        ),
    log:
        f"{LOGS}/plot_deviation/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        machine=lambda wildcards: wildcards.machine,
        id=lambda wildcards: wildcards.id,
        detector=SCORED[0],
        mel=section("mel", "hop_length", "fmin", "fmax", "htk"),
        sample_rate=CONFIG.audio.sample_rate,
        title_suffix=DATA_TITLE,
        code=code("plot_deviation"),
    message:
        "Draw what the detector heard of {wildcards.machine} ID {wildcards.id}"
    script:
        "../scripts/plot_deviation.py"


rule plot_clouds:
    input:
        points=f"{RESOURCES}/overview.npz",
    output:
        figure=report(
            f"{FIGURES}/clouds.png",
            caption="../report/plot_clouds.rst",
            category="3 Method",
            labels={"figure": "clouds of points, all machines"},
        ),
    log:
        f"{LOGS}/plot_clouds.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        title_suffix=DATA_TITLE,
        code=code("plot_clouds"),
    message:
        "Draw the clouds of points of all machines"
    script:
        "../scripts/plot_clouds.py"


rule plot_id_clouds:
    input:
        manifests=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv",
            wildcards.machine,
            trained=True,
        ),
        points=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
            wildcards.machine,
            trained=True,
        ),
    output:
        figure=report(
            f"{FIGURES}/id_clouds/{{machine}}.png",
            caption="../report/plot_id_clouds.rst",
            category="3 Method",
            labels={
                "figure": "clouds of points per machine ID",
                "machine": "{machine}",
            },
        ),
    log:
        f"{LOGS}/plot_id_clouds/{{machine}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        machine=lambda wildcards: wildcards.machine,
        ids=lambda wildcards: [
            machine_id for _, machine_id in machine_ids(wildcards.machine, trained=True)
        ],
        title_suffix=DATA_TITLE,
        code=code("plot_id_clouds"),
    message:
        "Draw the clouds of points of {wildcards.machine}"
    script:
        "../scripts/plot_id_clouds.py"


rule plot_ocsvm_contours:
    input:
        points=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    output:
        figure=report(
            f"{FIGURES}/ocsvm_contours/{{machine}}_id_{{id}}.png",
            caption="../report/plot_ocsvm_contours.rst",
            category="3 Method",
            labels={
                "figure": "one-class SVM contours",
                "machine": "{machine} ID {id}",
            },
        ),
    log:
        f"{LOGS}/plot_ocsvm_contours/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        machine=lambda wildcards: wildcards.machine,
        id=lambda wildcards: wildcards.id,
        gammas=list(CONFIG.figures.contour_gammas),
        nus=list(CONFIG.figures.contour_nus),
        title_suffix=DATA_TITLE,
        code=code("plot_ocsvm_contours"),
    message:
        "Draw the one-class SVM contours of {wildcards.machine} ID {wildcards.id}"
    script:
        "../scripts/plot_ocsvm_contours.py"


rule plot_scores:
    input:
        scores=f"{RESOURCES}/scores.csv",
        metrics=f"{RESULTS}/metrics.csv",
    output:
        figure=report(
            f"{FIGURES}/scores/{{detector}}.png",
            caption="../report/plot_scores.rst",
            category="4 Results",
            labels={"figure": "distribution of scores", "detector": "{detector}"},
        ),
    log:
        f"{LOGS}/plot_scores/{{detector}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        detector=lambda wildcards: wildcards.detector,
        title_suffix=DATA_TITLE,
        code=code("plot_scores"),
    message:
        "Draw the distribution of the scores of {wildcards.detector}"
    script:
        "../scripts/plot_scores.py"


rule plot_roc:
    input:
        scores=f"{RESOURCES}/scores.csv",
        metrics=f"{RESULTS}/metrics.csv",
    output:
        figure=report(
            f"{FIGURES}/roc.png",
            caption="../report/plot_roc.rst",
            category="4 Results",
            labels={"figure": "ROC curves and pAUC zone"},
        ),
    log:
        f"{LOGS}/plot_roc.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        max_fpr=CONFIG.evaluation.max_fpr,
        year=CONFIG.year,
        title_suffix=DATA_TITLE,
        code=code("plot_roc"),
    message:
        "Draw the ROC curves"
    script:
        "../scripts/plot_roc.py"


rule plot_sweep:
    input:
        sweep=f"{RESULTS}/sweep.csv",
        metrics=f"{RESULTS}/metrics.csv",
    output:
        figure=report(
            f"{FIGURES}/sweep.png",
            caption="../report/plot_sweep.rst",
            category="4 Results",
            labels={"figure": "sensitivity against specificity"},
        ),
    log:
        f"{LOGS}/plot_sweep.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        title_suffix=DATA_TITLE,
        code=code("plot_sweep"),
    message:
        "Draw sensitivity against specificity"
    script:
        "../scripts/plot_sweep.py"


rule plot_bars:
    input:
        metrics=f"{RESULTS}/metrics.csv",
    output:
        figure=report(
            f"{FIGURES}/bars.png",
            caption="../report/plot_bars.rst",
            category="4 Results",
            labels={"figure": "AUC and pAUC per machine and type"},
        ),
    log:
        f"{LOGS}/plot_bars.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        title_suffix=DATA_TITLE,
        code=code("plot_bars"),
    message:
        "Draw the metrics per machine ID and type"
    script:
        "../scripts/plot_bars.py"
