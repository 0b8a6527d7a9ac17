"""A minimal config, wrong settings with their messages, and all files of `config/`."""

import re

import yaml

MINIMAL = """
dataset:
  name: x
  source: synthetic
detectors:
  lof:
"""


def read(text):
    return yaml.safe_load(text)


def minimal(**sections):
    return read(MINIMAL) | sections


def synthetic(**keys):
    return {"dataset": {"name": "x", "source": "synthetic", **keys}}


def source(name, **keys):
    return {"dataset": {"name": "x", "source": name, **keys}}


def detector(name, settings):
    return {"detectors": {name: settings}}


def onnx(**keys):
    return {"embedding": {"method": "onnx", "file": "x.onnx", **keys}}


NEEDS = {"sample_rate": 16000, "inputs": [{"name": "x", "kind": "signal"}], "output": "y"}
NAME = "a name of letters, digits, '.', '_' and '-'"
SHARE = "a number between 0 and 1 (both excluded)"
METHOD = (
    "one of autoencoder, domain_kmeans, domain_knn, domain_smote, frames, fusion, gmm, idnn, knn, "
    "local_density, local_density_gaps, lof, mahalanobis, nuisance_knn, ocsvm, pyod, "
    "random_projection, or the dotted path of an estimator"
)
IN_QUOTES = "; put machine IDs in quotes, as in '00', or YAML reads them as numbers"
IS_TEXT = (
    "; this is text: leave out the quotes, and write exponents with a point and a sign, "
    "as in 1.0e-10"
)

# what is set -> the whole message
WRONG = [
    # keys that don't exist
    (
        {"sead": 1},
        "sead: there is no such key; did you mean seed? allowed here: seed, dataset, audio, mel, "
        "embedding, projection, held_out, default_detector, detectors, choice, threshold, "
        "evaluation, figures, report",
    ),
    (
        {"mel": {"n_mel": 64}},
        "mel.n_mel: there is no such key; did you mean n_mels? allowed here: n_fft, hop_length, "
        "win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, norm, amin",
    ),
    (
        {"audio": {"rate": 1}},
        "audio.rate: there is no such key; allowed here: sample_rate, resample, channel",
    ),
    (
        detector("lof", {"n_neighbours": 5}),
        "detectors.lof.n_neighbours: there is no such key; did you mean n_neighbors? allowed here: "
        "input, components, false_alarm_rate, method, n_neighbors, contamination, metric",
    ),
    (
        source("embedding", path="t.csv", columns={"clp": "a"}),
        "dataset.columns.clp: there is no such key; did you mean clip? allowed here: clip, "
        "machine, id, split, label, domain, values, normal, anomaly",
    ),
    (
        source("zenodo", path="x"),
        "dataset.path: there is no such key; did you mean parts? allowed here: name, machines, "
        "published, duplicates, source, year, parts, base_url",
    ),
    ({5: 6}, "5: a key must be text; put it in quotes"),
    # keys that are missing
    ({"dataset": {"source": "synthetic"}}, f"dataset.name: this key is missing; it must be {NAME}"),
    (
        {"dataset": {"name": "x"}},
        "dataset.source: this key is missing; it must be one of embedding, folder, kaggle, "
        "mel, synthetic, zenodo",
    ),
    (source("folder"), "dataset.path: this key is missing; it must be text, not empty"),
    (source("mel"), "dataset.path: this key is missing; it must be text, not empty"),
    (
        {"embedding": {"mean": True}},
        "embedding.method: this key is missing; it must be one of id_classifier, "
        "librosa, onnx, statistics, triplet",
    ),
    # sections that are none
    ({"dataset": None}, "dataset: null is not allowed; it must be a table of keys"),
    ({"audio": 5}, "audio: 5 is not allowed; it must be a table of keys"),
    ({"detectors": {}}, "detectors: {} is not allowed; it must be a table with at least one key"),
    (
        {"detectors": ["lof"]},
        "detectors: ['lof'] is not allowed; it must be a table with at least one key",
    ),
    (detector("lof", 5), "detectors.lof: 5 is not allowed; it must be a table of keys"),
    # the data set
    (
        source("tape"),
        "dataset.source: 'tape' is not allowed; it must be one of embedding, folder, kaggle, "
        "mel, synthetic, zenodo",
    ),
    (synthetic(name="a/b"), f"dataset.name: 'a/b' is not allowed; it must be {NAME}"),
    (
        synthetic(machines={"fan": [0]}),
        f"dataset.machines.fan.0: 0 is not allowed; it must be {NAME}{IN_QUOTES}",
    ),
    (
        synthetic(machines={"fan": 0}),
        "dataset.machines.fan: 0 is not allowed; it must be 'all', or a list of at least one "
        f"item, each {NAME}{IN_QUOTES}",
    ),
    (
        synthetic(machines={}),
        "dataset.machines: {} is not allowed; it must be 'all', or a table with at least one key",
    ),
    (
        synthetic(machines=["fan"]),
        "dataset.machines: ['fan'] is not allowed; it must be 'all', or a table with at least one "
        "key",
    ),
    (synthetic(machines={1: "all"}), "dataset.machines.1: a key must be text; put it in quotes"),
    (
        synthetic(machines={"a b": "all"}),
        f"dataset.machines.a b: 'a b' is not allowed; it must be {NAME}",
    ),
    *(
        (
            source(name, machines={"gearbox": "all"}),
            "dataset.machines.gearbox: there is no such machine type; allowed here: fan, pump, "
            "slider, valve, ToyCar, ToyConveyor",
        )
        for name in ("synthetic", "zenodo", "kaggle")
    ),
    (
        synthetic(train_clips=0),
        "dataset.train_clips: 0 is not allowed; it must be a whole number of at least 1",
    ),
    (
        synthetic(seconds=0.5),
        "dataset.seconds: 0.5 is not allowed; it must be a number from 1 to 60",
    ),
    (
        synthetic(published="dcase2021"),
        "dataset.published: 'dcase2021' is not allowed; it must be 'none' or 'dcase2020'",
    ),
    (
        source("folder", path="x", layout="dcse"),
        "dataset.layout: 'dcse' is not allowed; it must be 'auto', 'dcase', 'mimii' or 'manifest'",
    ),
    (
        source("folder", path="x", layout="manifest"),
        "dataset.manifest: name a CSV file with layout 'manifest', and only with it",
    ),
    (
        source("folder", path="x", manifest="m.csv"),
        "dataset.manifest: name a CSV file with layout 'manifest', and only with it",
    ),
    (
        source("zenodo", parts=["dev"]),
        "dataset.parts.0: 'dev' is not allowed; it must be 'development', 'additional_training' "
        "or 'evaluation'",
    ),
    (
        source("zenodo", base_url="zenodo.org"),
        "dataset.base_url: 'zenodo.org' is not allowed; it must be an address that begins with "
        "http:// or https://",
    ),
    (
        source("kaggle", dataset="x"),
        "dataset.dataset: 'x' is not allowed; it must be text like owner/name",
    ),
    (
        source("embedding", path="t.csv", columns={"values": []}),
        "dataset.columns.values: [] is not allowed; it must be 'rest', or a list of at least one "
        "item, each text",
    ),
    # sound and spectrogram
    (
        {"audio": {"sample_rate": "16 kHz"}},
        "audio.sample_rate: '16 kHz' is not allowed; it must be a whole number from 1000 to 384000",
    ),
    (
        {"audio": {"sample_rate": "16000"}},
        "audio.sample_rate: '16000' is not allowed; it must be a whole number from 1000 to 384000"
        + IS_TEXT,
    ),
    (
        {"audio": {"resample": 1}},
        "audio.resample: 1 is not allowed; it must be true or false",
    ),
    (
        {"mel": {"hop_length": 2048}},
        "mel.hop_length: 2048 is more than the window (1024 samples), so that samples between "
        "frames would be lost",
    ),
    ({"mel": {"win_length": 2048}}, "mel.win_length: 2048 is more than n_fft (1024)"),
    (
        {"mel": {"hop_length": 512.0}},
        "mel.hop_length: 512.0 is not allowed; it must be a whole number of at least 1; write 512",
    ),
    ({"mel": {"fmax": 9000}}, "mel.fmax: 9000 Hz is above half the sample rate (8000 Hz)"),
    ({"mel": {"fmin": 9000.0}}, "mel.fmin: 9000 Hz is above half the sample rate (8000 Hz)"),
    ({"mel": {"fmin": 10.0, "fmax": 5.0}}, "mel.fmax: 5 Hz must lie above fmin (10 Hz)"),
    (
        # what YAML makes of 1e-10
        {"mel": {"amin": "1e-10"}},
        f"mel.amin: '1e-10' is not allowed; it must be a number above 0{IS_TEXT}",
    ),
    (
        {"mel": {"amin": float("inf")}},
        "mel.amin: inf is not allowed; it must be a number above 0",
    ),
    (
        {"mel": {"amin": float("nan")}},
        "mel.amin: nan is not allowed; it must be a number above 0",
    ),
    # embedding and projection
    (
        {"embedding": {"method": "cnn"}},
        "embedding.method: 'cnn' is not allowed; it must be one of id_classifier, "
        "librosa, onnx, statistics, triplet",
    ),
    (
        {
            "embedding": {
                "method": "statistics",
                **dict.fromkeys(("mean", "std", "max", "delta"), False),
                "gwrp": [],
            }
        },
        "embedding: no statistic is switched on; set mean, std, max or delta to true",
    ),
    (
        onnx(needs={}),
        "embedding.needs.sample_rate: this key is missing; it must be a whole number from 1000 to "
        "400000\nmy.yaml: embedding.needs.inputs: this key is missing; it must be a list of at "
        "least one item, each a table of keys\nmy.yaml: embedding.needs.output: this key is "
        "missing; it must be text, not empty",
    ),
    (
        onnx(needs={**NEEDS, "inputs": [{"name": "x"}]}),
        "embedding.needs.inputs.0.kind: this key is missing; it must be one of signal, frames, "
        "stft, spectrum",
    ),
    (
        onnx(needs={**NEEDS, "inputs": [{"name": "x", "kind": "stft", "hop": 2}]}),
        "embedding.needs.inputs.0.hop: there is no such key; allowed here: name, mean, std, fmin, "
        "fmax, kind, axes, n_fft, hop_length",
    ),
    (
        onnx(needs={**NEEDS, "inputs": [{"name": "x", "kind": "signal", "axes": "xt"}]}),
        "embedding.needs.inputs.0.axes: 'xt' is not allowed; it must be one of the letters b, c, "
        "t, f and d for each axis",
    ),
    (
        onnx(needs={**NEEDS, "axes": "bdd"}),
        "embedding.needs.axes: a letter comes twice (bdd)",
    ),
    (
        onnx(needs={**NEEDS, "pooling": "none", "axes": "btd"}),
        "embedding.needs.length: with pooling none the vectors would be of several lengths",
    ),
    (
        onnx(beside={"method": "statistics", "quantiles": [2.0]}),
        "embedding.beside.quantiles.0: 2.0 is not allowed; it must be a number from 0 to 1",
    ),
    (
        onnx(beside={"method": "onnx"}),
        "embedding.beside.method: 'onnx' is not allowed; it must be one of statistics, librosa",
    ),
    (
        onnx(sha256="abc"),
        "embedding.sha256: 'abc' is not allowed; it must be 64 hexadecimal digits, or null",
    ),
    (
        {"embedding": {"method": "statistics", "quantiles": [0.5, 2.0]}},
        "embedding.quantiles.1: 2.0 is not allowed; it must be a number from 0 to 1",
    ),
    (
        {"projection": {"n_components": 1.5}},
        "projection.n_components: 1.5 is not allowed; it must be a whole number of at least 1, "
        f"{SHARE}, or 'all'",
    ),
    (
        {"projection": {"n_components": 1.0}},
        "projection.n_components: 1.0 is not allowed; it must be a whole number of at least 1, "
        f"{SHARE}, or 'all'; write 1",
    ),
    (
        {"held_out": {"folds": 1}},
        "held_out.folds: 1 is not allowed; it must be a whole number from 2 to 100",
    ),
    # detectors
    (
        detector("my lof", {"method": "lof"}),
        f"detectors.my lof: 'my lof' is not allowed; it must be {NAME}",
    ),
    (
        detector("loff", None),
        "detectors.loff: no method has this detector's name, so it needs the key method; it must "
        f"be {METHOD}; did you mean lof?",
    ),
    (
        detector("mine", {"method": "loff"}),
        f"detectors.mine.method: 'loff' is not allowed; must be {METHOD}; did you mean lof?",
    ),
    (
        detector("mine", {"method": 5}),
        f"detectors.mine.method: 5 is not allowed; it must be {METHOD}",
    ),
    (
        detector("mine", {"method": "sklearn.ensemble.IsolatedForest"}),
        "detectors.mine.method: 'sklearn.ensemble.IsolatedForest' names no estimator "
        "(module 'sklearn.ensemble' has no attribute 'IsolatedForest')",
    ),
    (
        detector("mine", {"method": "sklearn.svm.SVC"}),
        "detectors.mine.method: 'sklearn.svm.SVC' has no methods fit and score_samples",
    ),
    (
        detector("mine", {"method": "sklearn.neighbors.KernelDensity", "width": 5}),
        "detectors.mine.width: there is no such parameter; sklearn.neighbors.KernelDensity has "
        "bandwidth, algorithm, kernel, metric, atol, rtol, breadth_first, leaf_size, metric_params",
    ),
    (
        detector("mine", {"method": "sklearn.ensemble.IsolationForest", "n_estimators": -5}),
        "detectors.mine.n_estimators: The 'n_estimators' parameter of IsolationForest must be an "
        "int in the range [1, inf). Got -5 instead.",
    ),
    (
        detector("ocsvm", {"nu": 1.5}),
        "detectors.ocsvm.nu: 1.5 is not allowed; it must be a number above 0 and at most 1",
    ),
    (
        detector("ocsvm", {"gamma": "wide"}),
        "detectors.ocsvm.gamma: 'wide' is not allowed; it must be 'scale' or 'auto', or a number "
        "above 0",
    ),
    (
        detector("lof", {"contamination": 0.6}),
        "detectors.lof.contamination: 0.6 is not allowed; it must be a number above 0 and at most "
        "0.5, or null",
    ),
    (
        detector("mahalanobis", {"shrinkage": 2.0}),
        "detectors.mahalanobis.shrinkage: 2.0 is not allowed; it must be 'ledoit_wolf' or 'oas', "
        "or a number from 0 to 1",
    ),
    (
        detector("knn", {"seed": 5}),
        "detectors.knn.seed: there is no such key; allowed here: input, components, "
        "false_alarm_rate, method, n_neighbors, metric",
    ),
    # thresholds, evaluation, figures
    (
        {"threshold": {"method": "median"}},
        "threshold.method: 'median' is not allowed; it must be 'quantile', 'gamma' or 'dcase'",
    ),
    (
        {"evaluation": {"max_fpr": "10%"}},
        f"evaluation.max_fpr: '10%' is not allowed; it must be {SHARE}",
    ),
    (
        {"evaluation": {"confidence": 95}},
        f"evaluation.confidence: 95 is not allowed; it must be {SHARE}",
    ),
    (
        {"evaluation": {"sweep_low": 0.9}},
        "evaluation.sweep_low: 0.9 must lie below sweep_high (0.5)",
    ),
    (
        {"figures": {"contour_nus": [0.1, 1.5]}},
        f"figures.contour_nus.1: 1.5 is not allowed; it must be {SHARE}",
    ),
]


def config_files(folder):
    return sorted(folder.glob("*.yaml"))


def examples(folder):
    text = (folder / "README.md").read_text()
    return re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def all_configs(folder):
    texts = {path.name: path.read_text() for path in config_files(folder)}
    texts |= {f"example {n}": text for n, text in enumerate(examples(folder))}
    return texts
