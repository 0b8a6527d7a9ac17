# Detectors: one job per machine ID for all of them. Loading scikit-learn takes ten times as long as
# fitting one detector to the clips of a machine ID, so a job for each detector would mostly wait.


def detector_settings():
    """Return the detectors of the config, without what only the evaluation needs."""
    later = {"false_alarm_rate", "contamination"}
    return {
        name: settings.model_dump(mode="json", exclude=later)
        for name, settings in CONFIG.detectors.items()
    }


rule detect:
    input:
        embedding=f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz",
        projection=f"{RESOURCES}/projection/{{machine}}/{{id}}.npz",
    output:
        multiext(
            f"{RESOURCES}/detection/{{machine}}/{{id}}", ".scores.csv", ".skops", ".notes.json"
        ),
    params:
        detectors=detector_settings(),
        seed=CONFIG.seed,
        code=code(
            "detect",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
    log:
        f"{LOGS}/detect/{{machine}}/{{id}}.log",
    resources:
        mem_mb=700,
    message:
        "Detect anomalies of {wildcards.machine} ID {wildcards.id}"
    script:
        "../scripts/detect.py"
