"""DCASE 2022 Task 2: sections, and the domain of test clips is hidden.

Formulas and names: Kota-Dohi/dcase2022_task2_baseline_ae and Kota-Dohi/dcase2022_evaluator.
"""

from pygoodvibes.protocols.protocol import ClipSet, Protocol, Result, asdkit, each_with

TRUTH_FINGERPRINTS = {
    ("ToyCar", "03"): (
        "0408dae9bcec7dfbb53afdaf83cbf189bd4293e6363efdae9cf4932e06b59c47",
        "2def10fd799656d2ab5c9ddbb634f4a42c110e3f1a35e41cd570096d2c751b00",
    ),
    ("ToyCar", "04"): (
        "003126b319b4ad85fde0130f3e248957c9984a5e2fd0115abd62d1790caf9b87",
        "5b5fe645b59ca5fdabe848fd932a3717abd4c4aac20be79375d7e8fc8c09aefd",
    ),
    ("ToyCar", "05"): (
        "1d1ff700a6e6f27fec09afc4ce397aaf512c632dc2a9288911ef61a4d834118e",
        "26a1e7b82d6bb1c1f545a374e21297207df1abe64bd628f15cb0e6d0f4a8d3e4",
    ),
    ("ToyTrain", "03"): (
        "8d3b87390609a61fc8ac4c5ca536b0735b06226708ac4bb83d9380bd45855533",
        "f69f0089144efc4410180c25d854787265086f9777caff7371e721626e2db0a9",
    ),
    ("ToyTrain", "04"): (
        "c498b8a9d34548655cd23c66ef1e4600db8b6255ad0fd2c370311426091238be",
        "03e85a967ed8ef1655fd98b931389d1a4ab2b900562fdddee19932c512038f25",
    ),
    ("ToyTrain", "05"): (
        "3846b0130d7435478311c74063af539aea379dd11f0a1bbe43a70ff6eae8779f",
        "dd191ed2aae45b888c5e67b470bc7bc2f0884d6c6e9905f674fe50b8e220d300",
    ),
}
"""Of the truth in Kota-Dohi/dcase2022_evaluator, folders ground_truth_data and ground_truth_domain.

The list eval_data_list_2022.csv of nttcslab/dcase2023_task2_baseline_ae has other labels for half
of the clips of these two machine types (296 and 312 of 600), and attributes_03.csv of ToyCar in the
evaluator itself has the same. The list of ASDKit has the right labels and wrong domains."""

MACHINES = ("bearing", "fan", "gearbox", "slider", "valve", "ToyCar", "ToyTrain")

PROTOCOL = Protocol(
    year=2022,
    unit="section",
    domains=("source", "target"),
    domain_of_test="hidden",
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
            200,
            labelled=False,
        ),
    },
    train_clips="990 source and 10 target clips a section",
    channels=1,
    sample_rate=16000,
    seconds="10 s",
    score_name="anomaly_score_{machine}_section_{section}_test.csv",
    decision_name="decision_result_{machine}_section_{section}_test.csv",
    test_names=("section_{section}_{number:04}.wav", "section_{section}_test_{number:04}.wav"),
    metrics=("auc_source", "auc_target", "pauc"),
    anomalies="both domains",
    mean="harmonic",
    decision_quantile=0.9,
    other_names=("Some submissions leave out _test.",),
    decision_fitted_to="scores of the training clips",
    truth_fingerprints=TRUTH_FINGERPRINTS,
    formulas_from="Kota-Dohi/dcase2022_evaluator",
    records={"development": "6355122", "additional_training": "6462969", "evaluation": "6586456"},
    archives={
        "development": "dev_{machine}.zip",
        "additional_training": "eval_data_{machine}_train.zip",
        "evaluation": "eval_data_{machine}_test.zip",
    },
    published=(
        Result(
            "baseline, presumably the autoencoder",
            "evaluation",
            0.5294160921841315,
            "sample result in the README of Kota-Dohi/dcase2022_evaluator",
        ),
        Result(
            "baseline, in the figure of ASDKit", "evaluation", 0.5402, "ASDKit, docs/results.png"
        ),
        Result("top team", "evaluation", 0.7097, "ASDKit, docs/results.png"),
        Result(
            "baseline autoencoder",
            "development",
            None,
            "README of Kota-Dohi/dcase2022_task2_baseline_ae",
            {
                "arithmetic mean of AUC (source)": 0.719,
                "arithmetic mean of AUC (target)": 0.483,
                "arithmetic mean of pAUC": 0.542,
                "harmonic mean of AUC (source)": 0.686,
                "harmonic mean of AUC (target)": 0.437,
                "harmonic mean of pAUC": 0.538,
            },
        ),
        *asdkit(
            {
                "ae": (53.84, 53.46),
                "raw_spec": (58.15, 55.32),
                "raw_beats": (61.86, 57.08),
                "raw_eat": (58.35, 57.09),
                "dis_spec scac_trainable": (71.62, 67.74),
                "dis_multispec scac": (71.74, 68.99),
                "dis_beats scac": (73.24, 68.87),
                "dis_eat scac": (73.88, 69.85),
            }
        ),
    ),
)
