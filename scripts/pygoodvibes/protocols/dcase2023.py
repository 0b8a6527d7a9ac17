"""DCASE 2023 Task 2: first shot, one section, other machine types for evaluation.

Formulas and names: nttcslab/dcase2023_task2_baseline_ae and
nttcslab/dcase2023_task2_evaluator.
"""

from pygoodvibes.protocols.protocol import ClipSet, Protocol, Result, asdkit, each_with

PROTOCOL = Protocol(
    year=2023,
    unit="section",
    domains=("source", "target"),
    domain_of_test="hidden",
    parts={
        "development": ClipSet(
            each_with(
                ("bearing", "fan", "gearbox", "slider", "valve", "ToyCar", "ToyTrain"),
                "00",
            ),
            200,
            labelled=True,
        ),
        "evaluation": ClipSet(
            each_with(
                ("bandsaw", "grinder", "shaker", "ToyDrone", "ToyNscale", "ToyTank", "Vacuum"),
                "00",
            ),
            200,
            labelled=False,
        ),
    },
    train_clips="990 source and 10 target clips a section",
    channels=1,
    sample_rate=16000,
    seconds="at most 18 s",
    score_name="anomaly_score_{machine}_section_{section}_test.csv",
    decision_name="decision_result_{machine}_section_{section}_test.csv",
    test_names=("section_{section}_{number:04}.wav", "section_{section}_test_{number:04}.wav"),
    metrics=("auc_source", "auc_target", "pauc"),
    anomalies="both domains",
    mean="harmonic",
    decision_quantile=0.9,
    other_names=(
        "The organisers' baseline writes "
        "anomaly_score_DCASE2023T2<machine>_section_00_test_seed13711<tag>[_Eval].csv.",
    ),
    decision_fitted_to="losses of the batches of the last epoch, training and validation",
    formulas_from="nttcslab/dcase2023_task2_evaluator",
    records={"development": "7882613", "additional_training": "7830345", "evaluation": "7860847"},
    archives={
        "development": "dev_{machine}.zip",
        "additional_training": "eval_data_{machine}_train.zip",
        "evaluation": "eval_data_{machine}_test.zip",
    },
    published=(
        Result(
            "baseline MSE",
            "evaluation",
            0.5925469043549957,
            "README of nttcslab/dcase2023_task2_evaluator",
        ),
        Result(
            "baseline Mahalanobis",
            "evaluation",
            0.6105082186925268,
            "README of nttcslab/dcase2023_task2_evaluator",
        ),
        Result("top team", "evaluation", 0.6697, "ASDKit, docs/results.png"),
        *asdkit(
            {
                "ae": (54.82, 57.80),
                "raw_spec": (54.75, 59.99),
                "raw_beats": (60.11, 62.40),
                "raw_eat": (56.74, 59.81),
                "dis_spec scac_trainable": (64.40, 66.14),
                "dis_multispec scac": (66.08, 68.60),
                "dis_beats scac": (62.66, 71.46),
                "dis_eat scac": (63.98, 72.04),
            }
        ),
    ),
)
