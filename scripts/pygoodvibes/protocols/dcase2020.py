"""DCASE 2020 Task 2: machine IDs, no domains.

Koizumi et al. (2020), Description and discussion on DCASE2020 challenge task 2. Records at Zenodo;
the MD5s are those that the `soundata` library lists for the same files.
"""

from pygoodvibes.protocols.protocol import ClipSet, Protocol, asdkit

MACHINES = ("fan", "pump", "slider", "valve", "ToyCar", "ToyConveyor")
"""Machine types, which the generator and the downloads know."""

RECORDS = {"development": "3678171", "additional_training": "3727685", "evaluation": "3841772"}
"""Part of the data set -> Zenodo record."""

ARCHIVES = {
    "development": "dev_data_{machine}.zip",
    "additional_training": "eval_data_train_{machine}.zip",
    "evaluation": "eval_data_test_{machine}.zip",
}
"""Part of the data set -> name of the archive of a machine type."""

MD5 = {
    "dev_data_fan.zip": "649bdfc06263ae7a838963f43b6641e6",
    "dev_data_pump.zip": "90e7091ef722b7238a7f1009365779cd",
    "dev_data_slider.zip": "da24a757719f0d94d5aa2d646bbfdc86",
    "dev_data_ToyCar.zip": "4dec75ca8d9f666aa9e4c1894a740501",
    "dev_data_ToyConveyor.zip": "03b6aa1bfd09a39d53af0ba39f71fa91",
    "dev_data_valve.zip": "34d2672f55bb041589ef79c10dc89934",
    "eval_data_train_fan.zip": "567798854130c8019df8b664c095ed1e",
    "eval_data_train_pump.zip": "4e33ae9c0db5cc88437675f5e317caee",
    "eval_data_train_slider.zip": "f84f186f4295fc23754abcdd1b0580a7",
    "eval_data_train_ToyCar.zip": "a5d4ccd498af70b04dd74b644b820006",
    "eval_data_train_ToyConveyor.zip": "0e808ac0b761e9fb13d5e0c65caff00d",
    "eval_data_train_valve.zip": "057cdd560caffb8305449541afd28c6d",
    "eval_data_test_fan.zip": "1eb9356a768cadfd0f2e59a5c57e578b",
    "eval_data_test_pump.zip": "23a8f8f924be218c69df67fe07360348",
    "eval_data_test_slider.zip": "0193c769073840332ce3aad84b1ccaa2",
    "eval_data_test_ToyCar.zip": "bea2bdd612f616be8f2b8eb087b32c7c",
    "eval_data_test_ToyConveyor.zip": "ccfcc9847c7d3404d7ee9d6d9e0b2ba2",
    "eval_data_test_valve.zip": "f69c551d2088691050d20cccca9d631c",
}
"""File name -> MD5."""

KAGGLE = "daisukelab/dc2020task2"
"""Copy of the development set at Kaggle."""

_MIMII_IDS = ("00", "02", "04", "06")

PROTOCOL = Protocol(
    year=2020,
    unit="machine ID",
    domains=(),
    domain_of_test="",
    parts={
        "development": ClipSet(
            {
                **dict.fromkeys(MACHINES[:4], _MIMII_IDS),
                "ToyCar": ("01", "02", "03", "04"),
                "ToyConveyor": ("01", "02", "03"),
            },
            None,
            labelled=True,
        ),
        "evaluation": ClipSet({}, None, labelled=False),
    },
    train_clips="434 to 1000 normal clips a machine ID",
    channels=1,
    sample_rate=16000,
    seconds="about 10 s",
    test_names=("id_{section}_{number:08}.wav",),
    metrics=("auc", "pauc"),
    anomalies="",
    mean="arithmetic",
    score_name="anomaly_score_{machine}_id_{section}.csv",
    decision_name="decision_result_{machine}_id_{section}.csv",
    formulas_from="Koizumi et al. (2020)",
    records=RECORDS,
    archives=ARCHIVES,
    published=(
        *asdkit(
            {
                "ae": (65.33, 67.18),
                "raw_spec": (64.81, 62.22),
                "raw_beats": (70.24, 71.15),
                "raw_eat": (66.04, 68.36),
                "dis_spec scac_trainable": (90.57, 91.96),
                "dis_multispec scac": (91.65, 92.84),
                "dis_beats scac": (90.63, 93.52),
                "dis_eat scac": (90.41, 93.46),
            }
        ),
    ),
)
