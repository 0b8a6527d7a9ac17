# From clips to vectors, one job per machine ID: log-mel frames, embedding, projection.
#
# The small manifest of a machine ID, with the hashes of its clips, stands for its audio: Snakemake
# hashes inputs, and 10 GB of audio would take a while. A data set that enters further down the
# chain has a rule that brings it in instead of the one that would compute it.

if DATASET.enters_as == "mel":

    include: "import_mel.smk"

elif DATASET.enters_as != "embedding":

    include: "mel.smk"


if DATASET.enters_as == "embedding":

    include: "import_embedding.smk"

elif embeddings.sees_signal(CONFIG.embedding.method):

    if TRAINED:

        include: "train_encoder.smk"
    include: "embed_signal.smk"

else:

    include: "embed.smk"


if SEE_SUPPLEMENTAL:

    include: "embed_supplemental.smk"


rule project:
    input:
        f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
    output:
        f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    log:
        f"{LOGS}/project/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        projection=section("projection"),
        folds=CONFIG.held_out.folds,
        seed=CONFIG.seed,
        code=code("project"),
    message:
        "Project the clips of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/project.py"


rule project_overview:
    input:
        lambda wildcards: of_machine_ids(f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz"),
    output:
        f"{RESOURCES}/overview.npz",
    log:
        f"{LOGS}/project_overview.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        machine_ids=lambda wildcards: machine_ids(),
        code=code("project_overview"),
    message:
        "Project the clips of all machine IDs together"
    script:
        "../scripts/project_overview.py"


rule check_clips:
    input:
        manifest=local(f"{RESOURCES}/listed/{{machine}}.csv"),
        mel_clips=mel_clips,
        supplemental=supplemental_tables,
    output:
        manifest=f"{RESOURCES}/checked/{{machine}}/manifest.csv",
        coverage=f"{RESOURCES}/checked/{{machine}}/coverage.csv",
    log:
        f"{LOGS}/check_clips/{{machine}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        machine_ids=lambda wildcards: machine_ids(wildcards.machine),
        with_supplemental=lambda wildcards: with_supplemental(wildcards.machine),
        audio=section("audio", "sample_rate"),
        code=code("check_clips"),
    message:
        "Complete the manifest of {wildcards.machine}"
    script:
        "../scripts/check_clips.py"


# It names all machine types: the clips of the next are listed as soon as those of one are, and do not
# wait for what is computed from them.
rule gather_clips:
    input:
        unplaced=local(f"{RESOURCES}/unplaced.csv"),
        manifests=expand(f"{RESOURCES}/checked/{{machine}}/manifest.csv", machine=MACHINES),
        coverages=expand(f"{RESOURCES}/checked/{{machine}}/coverage.csv", machine=MACHINES),
    output:
        manifest=f"{RESOURCES}/final/manifest.csv",
        coverage=f"{RESOURCES}/final/coverage.csv",
    log:
        f"{LOGS}/gather_clips.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        folder=DATA_FOLDER,
        code=code("gather_clips"),
    message:
        "Put the manifests together"
    script:
        "../scripts/gather_clips.py"
