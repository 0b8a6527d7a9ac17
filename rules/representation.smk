# Check of the representation: can machines be told apart by the embeddings of their clips?


rule check_representation:
    input:
        embeddings=lambda wildcards: of_machine_ids(f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz"),
    output:
        accuracies=f"{RESOURCES}/representation/accuracies.csv",
        confusion=f"{RESOURCES}/representation/confusion.csv",
    log:
        f"{LOGS}/check_representation.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        machine_ids=lambda wildcards: machine_ids(),
        confidence=CONFIG.evaluation.confidence,
        seed=CONFIG.seed,
        code=code("check_representation"),
    message:
        "Check whether machines can be told apart by their embeddings"
    script:
        "../scripts/check_representation.py"


rule write_representation:
    input:
        accuracies=f"{RESOURCES}/representation/accuracies.csv",
        confusion=f"{RESOURCES}/representation/confusion.csv",
    output:
        table=report(
            f"{RESULTS}/tables/representation.md",
            caption="../report/write_representation.rst",
            category="1 Tables",
            labels={"what": "can machines be told apart?"},
        ),
        csv=f"{RESULTS}/tables/representation.csv",
        confusion=f"{RESULTS}/tables/representation_confusion.csv",
    log:
        f"{LOGS}/write_representation.log",
    benchmark:
        f"{JOB_COSTS}/write_representation.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        confidence=CONFIG.evaluation.confidence,
        data=DATA_TITLE,
        code=code("write_representation"),
    message:
        "Write how well machines can be told apart"
    script:
        "../scripts/write_representation.py"


rule plot_representation:
    input:
        accuracies=f"{RESOURCES}/representation/accuracies.csv",
        confusion=f"{RESOURCES}/representation/confusion.csv",
    output:
        figure=report(
            f"{FIGURES}/representation.png",
            caption="../report/plot_representation.rst",
            category="3 Method",
            labels={"figure": "machines that test clips are taken for"},
        ),
    log:
        f"{LOGS}/plot_representation.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        title_suffix=DATA_TITLE,
        code=code("plot_representation"),
    message:
        "Draw the machine IDs that test clips are taken for"
    script:
        "../scripts/plot_representation.py"
