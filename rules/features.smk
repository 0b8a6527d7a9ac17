# From clips to vectors, one job per machine ID: log-mel frames, embedding, projection.
#
# The small manifest of a machine ID, with the hashes of its clips, stands for its audio: Snakemake
# hashes inputs, and 10 GB of audio would take a while. A data set that enters further down the
# chain has a rule that brings it in instead of the one that would compute it.

if DATASET.source == "mel":

    rule import_mel:
        input:
            clips=clips_of_id,
        output:
            multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv"),
        params:
            folder=DATA_FOLDER,
            code=code("import_mel"),
        log:
            f"{LOGS}/import_mel/{{machine}}/{{id}}.log",
        resources:
            mem_mb=500,
        message:
            "Bring in the mel frames of {wildcards.machine} ID {wildcards.id}"
        script:
            "../scripts/import_mel.py"

elif DATASET.source != "embedding":

    rule mel:
        input:
            clips=clips_of_id,
        output:
            multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv"),
        params:
            folder=DATA_FOLDER,
            audio=section("audio"),
            mel=section("mel"),
            code=code("mel"),
        log:
            f"{LOGS}/mel/{{machine}}/{{id}}.log",
        resources:
            mem_mb=500,
        message:
            "Compute the mel frames of {wildcards.machine} ID {wildcards.id}"
        script:
            "../scripts/mel.py"


if DATASET.source == "embedding":

    rule import_embedding:
        input:
            clips=clips_of_id,
        output:
            f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        params:
            table=DATASET.path,
            **section("dataset", "array", "columns"),
            code=code("import_embedding"),
        log:
            f"{LOGS}/import_embedding/{{machine}}/{{id}}.log",
        resources:
            mem_mb=1000,
        message:
            "Bring in the vectors of {wildcards.machine} ID {wildcards.id}"
        script:
            "../scripts/import_embedding.py"

else:

    rule embed:
        input:
            multiext(f"{RESOURCES}/mel/{{machine}}/{{id}}", ".npy", ".clips.csv"),
        output:
            f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        params:
            embedding=section("embedding"),
            code=code("embed", embeddings.module_of(CONFIG.embedding.method)),
        log:
            f"{LOGS}/embed/{{machine}}/{{id}}.log",
        resources:
            mem_mb=500,
        message:
            "Embed the clips of {wildcards.machine} ID {wildcards.id}"
        script:
            "../scripts/embed.py"


rule project:
    input:
        f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
    output:
        f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    params:
        projection=section("projection"),
        folds=CONFIG.held_out.folds,
        seed=CONFIG.seed,
        code=code("project"),
    log:
        f"{LOGS}/project/{{machine}}/{{id}}.log",
    resources:
        mem_mb=500,
    message:
        "Project the clips of {wildcards.machine} ID {wildcards.id}"
    script:
        "../scripts/project.py"


rule project_overview:
    input:
        lambda wildcards: of_machine_ids(f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz"),
    output:
        f"{RESOURCES}/overview.npz",
    params:
        machine_ids=lambda wildcards: machine_ids(),
        code=code("project_overview"),
    log:
        f"{LOGS}/project_overview.log",
    benchmark:
        f"{BENCHMARKS}/project_overview.tsv"
    resources:
        mem_mb=1000,
    message:
        "Project the clips of all machine IDs together"
    script:
        "../scripts/project_overview.py"
