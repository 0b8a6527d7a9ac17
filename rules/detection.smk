# Detectors: one job per machine ID and detector, so that a changed setting re-runs its own only.


def detector_settings(wildcards):
    """Return the detector's entry of the config, without what only the evaluation needs."""
    values = CONFIG.detectors[wildcards.detector].model_dump(mode="json")
    return {
        key: value
        for key, value in values.items()
        if key not in ("false_alarm_rate", "contamination")
    }


rule detect:
    input:
        embedding=f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        projection=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    output:
        multiext(
            f"{RESOURCES}/detection/{{detector}}/{{machine}}/{{id}}",
            ".scores.csv",
            ".skops",
            ".notes.txt",
        ),
    params:
        detector=detector_settings,
        seed=CONFIG.seed,
        code=lambda wildcards: code(
            "detect", detectors.module_of(CONFIG.detectors[wildcards.detector].method)
        ),
    log:
        f"{LOGS}/detect/{{detector}}/{{machine}}/{{id}}.log",
    resources:
        mem_mb=700,
    message:
        "Detect anomalies of {wildcards.machine} ID {wildcards.id} with {wildcards.detector}"
    script:
        "../scripts/detect.py"
