# The label-free choice, where the config has it: what is chosen, and what that is worth.


# One job per machine type: clips of its other IDs stand in for anomalies.
rule choose:
    input:
        embedding=of_type(f"{RESOURCES}/embedding/{{machine}}/{{id}}.npz"),
        projection=of_type(f"{RESOURCES}/projection/{{machine}}/{{id}}.npz"),
        models=of_type(f"{RESOURCES}/detection/{{machine}}/{{id}}.fitted"),
        scores=of_type(f"{RESOURCES}/detection/{{machine}}/{{id}}.scores.csv"),
        mel=of_type(f"{RESOURCES}/mel/{{machine}}/{{id}}.npy") if SEE_MEL else [],
        mel_clips=(of_type(f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv") if SEE_MEL else []),
        # attributes of clips, where there is no other ID whose clips could stand in
        clips=clips_of_only_id if CONFIG.choice.pseudo_classes else [],
        supplemental=(
            supplemental_of_only_id if CONFIG.choice.pseudo_classes and SEE_SUPPLEMENTAL else []
        ),
    output:
        choice=f"{RESOURCES}/choice/{{machine}}.json",
        scores=f"{RESOURCES}/choice/{{machine}}.scores.csv",
        final=f"{RESOURCES}/choice/{{machine}}.final.csv",
    log:
        f"{LOGS}/choose/{{machine}}.log",
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1500,
    params:
        machine=lambda wildcards: wildcards.machine,
        ids=lambda wildcards: [
            machine_id for _, machine_id in machine_ids(wildcards.machine, trained=True)
        ],
        detectors=detector_settings(),
        choice=section(
            "choice",
            "indicator",
            "top",
            "keep_fixed",
            "steadiness",
            "leave_out",
            "members",
            "sample",
            "pseudo_classes",
        ),
        fits={
            "projection": section("projection"),
            "scored_by": CONFIG.held_out.scored_by,
        },
        max_fpr=CONFIG.evaluation.max_fpr,
        seed=CONFIG.seed,
        code=code(
            "choose",
            *sorted({detectors.module_of(each.method) for each in CONFIG.detectors.values()}),
        ),
        # by these an edited module fits and scores with the detectors of its method alone
        code_of_methods={
            method: score_store.code_of(method)
            for method in sorted({each.method for each in CONFIG.detectors.values()})
        },
        code_of_fits={
            method: fit_store.code_of(method)
            for method in sorted({each.method for each in CONFIG.detectors.values()})
        },
    message:
        "Choose detectors for {wildcards.machine} from normal clips alone"
    script:
        "../scripts/choose.py"


rule write_choice:
    input:
        choices=of_machines(f"{RESOURCES}/choice/{{machine}}.json"),
        scores=of_machines(f"{RESOURCES}/choice/{{machine}}.scores.csv"),
        manifest=f"{RESOURCES}/final/manifest.csv",
    output:
        table=report(
            f"{RESULTS}/tables/choice.md",
            caption="../report/write_choice.rst",
            category="1 Tables",
            labels={"what": "default, label-free choice, oracle"},
        ),
        csv=f"{RESULTS}/tables/choice.csv",
        three=f"{RESOURCES}/choice/three.md",
    log:
        f"{LOGS}/write_choice.log",
    benchmark:
        f"{JOB_COSTS}/write_choice.tsv"
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=1000,
    params:
        **section("evaluation", "max_fpr", "bootstrap", "confidence"),
        **section("choice", "indicator", "top", "keep_fixed"),
        default=DETECTORS[0],
        seed=CONFIG.seed,
        data=DATA_TITLE,
        code=code("write_choice"),
    message:
        "Tell what the label-free choice is worth"
    script:
        "../scripts/write_choice.py"
