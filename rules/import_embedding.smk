# Vectors that were computed elsewhere (dataset.source: embedding), instead of embed.smk.


rule import_embedding:
    input:
        clips=clips_of_id,
    output:
        f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
    log:
        f"{LOGS}/import_embedding/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        **section("dataset", "array", "columns"),
        table=DATASET.path,
        code=code("import_embedding"),
    message:
        "Bring in the vectors of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/import_embedding.py"
