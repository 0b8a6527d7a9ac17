# Vectors from log-mel frames, instead of import_embedding.smk where these are there.


rule embed:
    input:
        frames=f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
        clips=f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
    output:
        f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
    log:
        f"{LOGS}/embed/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=700,
    params:
        embedding=section("embedding"),
        code=code("embed", embeddings.module_of(CONFIG.embedding.method)),
    message:
        "Embed the clips of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/embed.py"
