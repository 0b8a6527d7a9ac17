# Vectors of supplemental recordings, for detectors that see them: frames and vectors in one job, made as
# those of clips are.


rule embed_supplemental:
    input:
        # stands for the audio
        manifest=clips_of_id,
        # what is computed follows its content, which is among the params
        encoder=ancient(ENCODER) if ENCODER else [],
        trained_encoder=f"{TRAINED}/encoder.onnx" if TRAINED else [],
    output:
        vectors=f"{RESOURCES}/supplemental/{{machine}}/{{id}}.npz",
        clips=f"{RESOURCES}/supplemental/{{machine}}/{{id}}.clips.csv",
    log:
        f"{LOGS}/embed_supplemental/{{machine}}/{{id}}.log",
    conda:
        ENCODER_ENV
    resources:
        mem_mb=1500,
    params:
        folder=DATA_FOLDER,
        audio=section("audio"),
        mel=section("mel"),
        embedding=section("embedding"),
        encoder_sha256=ENCODER_SHA256,
        code=code("embed_supplemental", embeddings.module_of(CONFIG.embedding.method)),
    message:
        "Embed the supplemental recordings of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/embed_supplemental.py"
