# Tables and figures that people read; `snakemake --report` puts them into one HTML file.

# The key under which earlier results are kept doesn't hold wildcards, so scripts take what they need
# of them from params.
#
# Figures are kept for every setting tried, like all that is computed on the way; what people read
# are copies.
FIGURES = f"{RESOURCES}/figures"


rule write_tables:
    input:
        manifest=f"{RESOURCES}/final/manifest.csv",
        coverage=f"{RESOURCES}/final/coverage.csv",
        metrics=f"{RESULTS}/metrics.csv",
        averages=f"{RESULTS}/averages.csv",
        references=REFERENCES,
    output:
        averages=f"{RESULTS}/tables/averages.md",
        machine_ids=f"{RESULTS}/tables/machine_ids.md",
        thresholds=f"{RESULTS}/tables/thresholds.md",
        clips=f"{RESULTS}/tables/clips.md",
        html=report(
            f"{RESULTS}/tables/tables.html",
            caption="../report/write_tables.rst",
            category="1 Tables",
            labels={"what": "all tables"},
        ),
    log:
        f"{LOGS}/write_tables.log",
    benchmark:
        f"{BENCHMARKS}/write_tables.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        texts={
            "data": DATA_TITLE,
            "benchmark": DATASET.benchmark,
            "false_alarm_rates": FALSE_ALARM_RATES,
            **section("evaluation", "max_fpr", "confidence"),
        },
        code=code("write_tables"),
    message:
        "Write the tables"
    script:
        "../scripts/write_tables.py"


rule write_benchmark:
    input:
        scores=f"{RESOURCES}/scores.csv",
        three=f"{RESOURCES}/choice/three.md" if CONFIG.choice else [],
        # the truth about synthetic clips lies beside them
        faults=(MADE if DATASET.source == "synthetic" else []),
        references=REFERENCES,
    output:
        comparison=report(
            f"{RESULTS}/tables/benchmark.md",
            caption="../report/write_benchmark.rst",
            category="1 Tables",
            labels={"what": "comparison of the detectors"},
        ),
    log:
        f"{LOGS}/write_benchmark.log",
    benchmark:
        f"{BENCHMARKS}/write_benchmark.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        **section("evaluation", "max_fpr", "bootstrap", "confidence"),
        detectors=SCORED,
        seed=CONFIG.seed,
        data=DATA_TITLE,
        benchmark=DATASET.benchmark,
        code=code("write_benchmark"),
    message:
        "Compare the detectors"
    script:
        "../scripts/write_benchmark.py"


# Beside the folder of tables, not in it: the same config gives the same tables again, and other
# seconds.
rule write_costs:
    input:
        costs=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/detection/{{machine}}/{{id}}.cost.csv", trained=True
        ),
        choices=trained_ids(f"{RESOURCES}/choice/{{machine}}.json") if CONFIG.with_choice else [],
    output:
        table=report(
            f"{RESULTS}/costs.md",
            caption="../report/write_costs.rst",
            category="1 Tables",
            labels={"what": "cost of the detectors"},
        ),
        numbers=f"{RESULTS}/costs.csv",
    log:
        f"{LOGS}/write_costs.log",
    benchmark:
        f"{BENCHMARKS}/write_costs.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        detectors=SCORED,
        ids=lambda wildcards: [machine_id for _, machine_id in machine_ids(trained=True)],
        data=DATA_TITLE,
        code=code("write_costs"),
    message:
        "Write what the detectors cost"
    script:
        "../scripts/write_costs.py"


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
        data_folder=None if DATASET.source == "mel" else DATA_FOLDER,
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
            labels={"figure": "AUC and pAUC per machine ID and type"},
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


rule publish:
    input:
        manifest=f"{RESOURCES}/final/manifest.csv",
        figures=figures,
        evaluations=lambda wildcards: of_machine_ids(
            f"{RESOURCES}/evaluation/{{machine}}/{{id}}.json", trained=True
        ),
    output:
        manifest=f"{RESULTS}/manifest.csv",
        figures=directory(f"{RESULTS}/figures"),
        official=directory(f"{RESULTS}/official"),
    log:
        f"{LOGS}/publish.log",
    benchmark:
        f"{BENCHMARKS}/publish.tsv"
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


rule write_report:
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
    output:
        page=f"{RESULTS}/summary.html",
    log:
        f"{LOGS}/write_report.log",
    benchmark:
        f"{BENCHMARKS}/write_report.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        report={
            "detectors": SCORED,
            "data_folder": None if DATASET.source in ("mel", "embedding") else DATA_FOLDER,
            "config": CONFIG.model_dump(mode="json"),
            "texts": {
                "data": DATA_TITLE,
                "source": DATASET.source,
                "benchmark": DATASET.benchmark,
                "false_alarm_rates": FALSE_ALARM_RATES,
                **section("evaluation", "max_fpr", "confidence"),
            },
        },
        code=code("write_report"),
    message:
        "Write the report"
    script:
        "../scripts/write_report.py"


rule write_provenance:
    input:
        # last of all, so that it can tell how long the others took
        rules.write_tables.output,
        rules.publish.output,
        rules.write_report.output,
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
        f"{BENCHMARKS}/write_provenance.tsv"
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
