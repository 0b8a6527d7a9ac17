"""DCASE 2025 Task 2: first shot, supplemental recordings of clean machines or noise.

Formulas and names: inferred from nttcslab/dcase2023_task2_baseline_ae.
"""

from pygoodvibes.protocols.protocol import NOT_FOUND, ClipSet, Protocol, Result, each_with

PROTOCOL = Protocol(
    year=2025,
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
            hidden_attributes=("ToyTrain", "bearing", "slider"),
        ),
        "evaluation": ClipSet(
            each_with(
                (
                    "AutoTrash",
                    "BandSealer",
                    "CoffeeGrinder",
                    "HomeCamera",
                    "Polisher",
                    "ScrewFeeder",
                    "ToyPet",
                    "ToyRCCar",
                ),
                "00",
            ),
            200,
            labelled=False,
            hidden_attributes=("AutoTrash", "Polisher", "ScrewFeeder", "ToyPet"),
        ),
    },
    train_clips="990 source and 10 target clips a section",
    channels=1,
    sample_rate=None,
    seconds="6 to 12 s",
    score_name="anomaly_score_{machine}_section_{section}_test.csv",
    decision_name="decision_result_{machine}_section_{section}_test.csv",
    test_names=("section_{section}_{number:04}.wav", "section_{section}_test_{number:04}.wav"),
    metrics=("auc_source", "auc_target", "pauc"),
    anomalies="both domains",
    mean="harmonic",
    decision_quantile=0.9,
    supplemental="supplemental",
    other_names=(
        "The organisers' baseline writes "
        "anomaly_score_DCASE2025T2<machine>_section_00_test_seed13711<tag>[_Eval].csv.",
    ),
    decision_fitted_to="losses of the batches of the last epoch, training and validation",
    formulas_from="inferred from nttcslab/dcase2023_task2_baseline_ae; the evaluator: not found",
    records={
        "development": "15097779",
        "additional_training": "15392814",
        "evaluation": "15519362",
    },
    archives={
        "development": "dev_{machine}.zip",
        "additional_training": "eval_data_{machine}_train.zip",
        "evaluation": "eval_data_{machine}_test.zip",
    },
    published=(
        Result("baseline MSE", "evaluation", None, NOT_FOUND),
        Result("baseline Mahalanobis", "evaluation", None, NOT_FOUND),
        Result("top team", "evaluation", None, NOT_FOUND),
    ),
)
