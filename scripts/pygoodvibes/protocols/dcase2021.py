"""DCASE 2021 Task 2: sections and two domains, which the folders tell.

Formulas and names: y-kawagu/dcase2021_task2_baseline_ae and y-kawagu/dcase2021_task2_evaluator.
"""

from pygoodvibes.protocols.protocol import ClipSet, Protocol, Result, asdkit, each_with

MACHINES = ("fan", "gearbox", "pump", "slider", "valve", "ToyCar", "ToyTrain")

PROTOCOL = Protocol(
    year=2021,
    unit="section",
    domains=("source", "target"),
    domain_of_test="folder",
    parts={
        "development": ClipSet(
            each_with(
                MACHINES,
                "00",
                "01",
                "02",
            ),
            200,
            labelled=True,
        ),
        "evaluation": ClipSet(
            each_with(
                MACHINES,
                "03",
                "04",
                "05",
            ),
            None,
            labelled=False,
        ),
    },
    train_clips="about 1000 source and 3 target clips a section",
    channels=1,
    sample_rate=16000,
    seconds="10 s",
    score_name="anomaly_score_{machine}_section_{section}_{domain}_test.csv",
    decision_name="decision_result_{machine}_section_{section}_{domain}_test.csv",
    test_names=("section_{section}_{domain}_test_{number:04}.wav",),
    metrics=("auc_source", "auc_target", "pauc_source", "pauc_target"),
    anomalies="own domain",
    mean="harmonic",
    decision_quantile=0.9,
    decision_fitted_to="scores of the training clips",
    formulas_from="y-kawagu/dcase2021_task2_evaluator",
    records={"development": "4562016", "additional_training": "4660992", "evaluation": "4884786"},
    archives={
        "development": "dev_data_{machine}.zip",
        "additional_training": "eval_data_{machine}_train.zip",
        "evaluation": "eval_data_{machine}_test.zip",
    },
    published=(
        Result(
            "baseline, presumably the autoencoder",
            "evaluation",
            0.5515,
            "sample result in the README of y-kawagu/dcase2021_task2_evaluator",
            {"harmonic mean of AUC": 0.57766, "harmonic mean of pAUC": 0.52769},
        ),
        Result(
            "baseline, presumably MobileNetV2", "evaluation", 0.5638, "ASDKit, docs/results.png"
        ),
        Result("top team", "evaluation", 0.6680, "ASDKit, docs/results.png"),
        Result(
            "baseline autoencoder",
            "development",
            None,
            "README of y-kawagu/dcase2021_task2_baseline_ae",
            {
                "arithmetic mean of AUC": 0.6343,
                "arithmetic mean of pAUC": 0.5379,
                "harmonic mean of AUC": 0.6201,
                "harmonic mean of pAUC": 0.5343,
            },
        ),
        *asdkit(
            {
                "ae": (56.46, 54.89),
                "raw_spec": (55.92, 54.92),
                "raw_beats": (62.85, 58.12),
                "raw_eat": (57.80, 57.90),
                "dis_spec scac_trainable": (69.14, 65.36),
                "dis_multispec scac": (69.80, 67.13),
                "dis_beats scac": (73.06, 67.62),
                "dis_eat scac": (72.91, 67.57),
            }
        ),
    ),
)
