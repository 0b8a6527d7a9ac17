# Log-mel frames of the clips, instead of import_mel.smk where they enter as audio.


rule mel:
    input:
        clips=clips_of_id,
    output:
        frames=f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
        clips=f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
    log:
        f"{LOGS}/mel/{{machine}}/{{id}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
    params:
        folder=DATA_FOLDER,
        audio=section("audio"),
        mel=section("mel"),
        duplicates=DATASET.duplicates,
        code=code("mel"),
    message:
        "Compute the mel frames of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/mel.py"
