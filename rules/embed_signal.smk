# Vectors from samples, instead of embed.smk for an embedding that works on these.


rule embed_signal:
    input:
        # which clips can be used, and in which order
        frames=f"{RESOURCES}/mel/{{machine}}/{{id}}.npy",
        clips=f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv",
        # stands for the audio
        manifest=clips_of_id,
        # what is computed follows its content, which is among the params
        encoder=ancient(ENCODER) if ENCODER else [],
        trained_encoder=f"{TRAINED}/encoder.onnx" if TRAINED else [],
        encoder_clips=f"{TRAINED}/clips.csv" if TRAINED else [],
    output:
        f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
    log:
        f"{LOGS}/embed_signal/{{machine}}/{{id}}.log",
    conda:
        ENCODER_ENV
    resources:
        mem_mb=1500,
    params:
        folder=DATA_FOLDER,
        audio=section("audio"),
        embedding=section("embedding"),
        encoder_sha256=ENCODER_SHA256,
        code=code("embed_signal", embeddings.module_of(CONFIG.embedding.method)),
    message:
        "Embed the samples of {wildcards.machine} {wildcards.id}"
    script:
        "../scripts/embed_signal.py"
