"""DCASE 2024 Task 2: first shot, some attributes hidden.

Formulas and names: nttcslab/dcase2023_task2_baseline_ae and
nttcslab/dcase2024_task2_evaluator.
"""

from pygoodvibes.protocols.protocol import ClipSet, Protocol, Result, asdkit, each_with

PROTOCOL = Protocol(
    year=2024,
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
            hidden_attributes=("ToyTrain", "gearbox", "slider"),
        ),
        "evaluation": ClipSet(
            each_with(
                (
                    "3DPrinter",
                    "AirCompressor",
                    "BrushlessMotor",
                    "HairDryer",
                    "HoveringDrone",
                    "RoboticArm",
                    "Scanner",
                    "ToothBrush",
                    "ToyCircuit",
                ),
                "00",
            ),
            200,
            labelled=False,
            hidden_attributes=("AirCompressor", "BrushlessMotor", "HoveringDrone", "ToothBrush"),
        ),
    },
    train_clips="990 source and 10 target clips a section",
    channels=1,
    sample_rate=None,
    seconds="at most 12 s",
    score_name="anomaly_score_{machine}_section_{section}_test.csv",
    decision_name="decision_result_{machine}_section_{section}_test.csv",
    test_names=("section_{section}_{number:04}.wav", "section_{section}_test_{number:04}.wav"),
    metrics=("auc_source", "auc_target", "pauc"),
    anomalies="both domains",
    mean="harmonic",
    decision_quantile=0.9,
    other_names=(
        "The organisers' baseline writes "
        "anomaly_score_DCASE2024T2<machine>_section_00_test_seed13711<tag>[_Eval].csv.",
    ),
    decision_fitted_to="losses of the batches of the last epoch, training and validation",
    other_archives=("eval_data_3DPrinter_train_r2.zip", "eval_data_RoboticArm_train_r2.zip"),
    formulas_from="nttcslab/dcase2024_task2_evaluator",
    records={
        "development": "10902294",
        "additional_training": "11259435",
        "evaluation": "11363076",
    },
    archives={
        "development": "dev_{machine}.zip",
        "additional_training": "eval_data_{machine}_train.zip",
        "evaluation": "eval_data_{machine}_test.zip",
    },
    published=(
        Result(
            "baseline MSE",
            "evaluation",
            0.5650830191796572,
            "README of nttcslab/dcase2024_task2_evaluator",
        ),
        Result(
            "baseline Mahalanobis",
            "evaluation",
            0.5648933421610234,
            "README of nttcslab/dcase2024_task2_evaluator",
        ),
        Result("top team", "evaluation", 0.6624, "ASDKit, docs/results.png"),
        *asdkit(
            {
                "ae": (55.02, 56.71),
                "raw_spec": (54.16, 54.04),
                "raw_beats": (56.11, 57.62),
                "raw_eat": (54.87, 56.30),
                "dis_spec scac_trainable": (61.58, 56.84),
                "dis_multispec scac": (63.05, 56.73),
                "dis_beats scac": (59.53, 61.72),
                "dis_eat scac": (59.93, 61.47),
            }
        ),
    ),
)
