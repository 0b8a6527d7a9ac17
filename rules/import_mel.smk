# Log-mel frames that were computed elsewhere (dataset.source: mel), instead of mel.smk.


rule import_mel:
    input:
        clips=clips_of_id,
    output:
        frames=f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
        clips=f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
    log:
        f"{LOGS}/import_mel/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        folder=DATA_FOLDER,
        code=code("import_mel"),
    message:
        "Bring in the mel frames of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/import_mel.py"
