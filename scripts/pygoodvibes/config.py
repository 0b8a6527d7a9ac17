"""The config: what may be set, and its bounds.

The models below are the single source. Made from them are `config/schema.json` (`config_schema`),
the tables of `config/README.md` (`config_docs`), and what is said of a wrong config
(`config_errors`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from pygoodvibes import chosen, detectors
from pygoodvibes.detectors import (
    autoencoder,
    estimator,
    frames,
    fusion,
    gmm,
    idnn,
    knn,
    local_density,
    lof,
    mahalanobis,
    ocsvm,
    random_projection,
)
from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.embeddings import statistics
from pygoodvibes.errors import UserError
from pygoodvibes.settings import Count, Name, Section, Share

MACHINES = ("fan", "pump", "slider", "valve", "ToyCar", "ToyConveyor")
"""Machine types of DCASE 2020 Task 2, which the generator and the downloads know."""

Machines = (
    Literal["all"]
    | Annotated[
        dict[Name, Literal["all"] | Annotated[list[Name], Field(min_length=1)]],
        Field(min_length=1),
    ]
)


class Dataset(Section):
    """Settings of every data set, wherever it comes from."""

    name: Name
    """Name of the folders `data/<name>`, `resources/<name>` and `results/<name>`."""

    machines: Machines = "all"
    """Machine types to use, each with its machine IDs: 'all', or a table `fan: ['00', '02']` or
    `fan: all`."""

    benchmark: Literal["none", "dcase2020"] = "none"
    """Published results to show beside ours: those of the DCASE 2020 Task 2 development set."""

    def wants(self, machine: str, machine_id: str | None = None) -> bool:
        """Say whether a machine type (and machine ID) is selected by `machines`."""
        if self.machines == "all":
            return True
        ids = self.machines.get(machine)
        return ids is not None and (machine_id is None or ids == "all" or machine_id in ids)

    def wanted(self, known: tuple[str, ...]) -> list[str]:
        """Return the selected ones among the known machine types, in the known order."""
        return [machine for machine in known if self.wants(machine)]


class DcaseDataset(Dataset):
    """A data set with the machine types of DCASE 2020 Task 2."""

    @model_validator(mode="after")
    def _known_machines(self) -> "DcaseDataset":
        for machine in () if self.machines == "all" else self.machines:
            if machine not in MACHINES:
                raise ValueError(
                    f"machines.{machine}: there is no such machine type; "
                    f"allowed here: {', '.join(MACHINES)}"
                )
        return self


class SyntheticDataset(DcaseDataset):
    """Machine sounds made by a generator, in the DCASE 2020 layout and format."""

    source: Literal["synthetic"]
    train_clips: Count = 60
    """Normal training clips per machine ID."""

    test_normal_clips: Count = 25
    """Normal test clips per machine ID."""

    test_anomaly_clips: Count = 25
    """Anomalous test clips per machine ID, spread over the machine's faults and severities."""

    seconds: Annotated[float, Field(ge=1, le=60)] = 10.0
    """Seconds of a clip (ToyCar: one second more, as in the real data set)."""

    snr_db: Annotated[float, Field(ge=-30, le=60)] = 6.0
    """Level of the machine over the factory noise, dB; single machine IDs lie above or below."""

    seed: Annotated[int, Field(ge=0)] = 2020
    """Seed of the generator."""


class FolderDataset(Dataset):
    """A folder of recordings."""

    source: Literal["folder"]
    path: Annotated[str, Field(min_length=1)]
    """The folder, relative to the project's root or absolute."""

    layout: Literal["auto", "dcase", "mimii", "manifest"] = "auto"
    """How it is laid out: 'dcase' <machine>/<train|test>/normal_id_00_00000000.wav; 'mimii'
    <machine>/id_00/<normal|abnormal>/*.wav; 'manifest' any layout, told by a CSV file; 'auto' looks
    whether it is the first or the second."""

    manifest: str | None = None
    """For layout 'manifest': CSV file with the columns path, machine, id, split, label; the paths
    in it are relative to `path`."""

    test_normal_clips: Count | None = None
    """For layout 'mimii': normal clips held back for testing per machine ID (null: as many as there
    are anomalous ones, at most half)."""

    seed: Annotated[int, Field(ge=0)] = 2020
    """For layout 'mimii': seed of the split into training and test clips."""

    @model_validator(mode="after")
    def _manifest_goes_with_its_layout(self) -> "FolderDataset":
        if (self.layout == "manifest") != (self.manifest is not None):
            raise ValueError("manifest: name a CSV file with layout 'manifest', and only with it")
        return self


class ZenodoDataset(DcaseDataset):
    """The DCASE 2020 Task 2 data set from Zenodo; needs no account."""

    source: Literal["zenodo"]
    parts: Annotated[
        list[Literal["development", "additional_training", "evaluation"]], Field(min_length=1)
    ] = Field(default=["development"])
    """Which records: the development set (3678171), the additional training clips of the evaluation
    machine IDs (3727685), their test clips (3841772, without labels)."""

    base_url: Annotated[str, Field(pattern=r"^https?://")] = "https://zenodo.org"
    """Where the records are served."""

    benchmark: Literal["none", "dcase2020"] = "dcase2020"


class KaggleDataset(DcaseDataset):
    """The DCASE 2020 Task 2 development set from Kaggle; needs a token."""

    source: Literal["kaggle"]
    dataset: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] = "daisukelab/dc2020task2"
    """Owner and name of the data set."""

    benchmark: Literal["none", "dcase2020"] = "dcase2020"


class MelDataset(Dataset):
    """Log-mel spectrograms computed elsewhere."""

    source: Literal["mel"]
    path: Annotated[str, Field(min_length=1)]
    """CSV manifest: clip, machine, id, split, label, file (a .npy array (n_frames, n_mels) in dB),
    and, where a file holds many clips, offset and frames."""


class Columns(Section):
    """Names of the columns of a table of vectors."""

    clip: str = "clip"
    """Column with the clip's path or file name."""

    machine: str | None = None
    """Column with the machine type (null: from the path, <machine>/<split>/<file>)."""

    id: str | None = None
    """Column with the machine ID (null: from the file name, as in normal_id_00_00000000.wav)."""

    split: str | None = None
    """Column with train or test (null: from the path)."""

    label: str | None = None
    """Column with the label (null: from the file name)."""

    values: Literal["rest"] | Annotated[list[str], Field(min_length=1)] = "rest"
    """Columns that hold the vector; 'rest': every other column whose values are all numbers."""

    normal: str = "normal"
    """How the label column says normal."""

    anomaly: str = "anomaly"
    """How the label column says anomalous; other values mean unknown."""


class EmbeddingDataset(Dataset):
    """A table of vectors computed elsewhere, one row a clip."""

    source: Literal["embedding"]
    path: Annotated[str, Field(min_length=1)]
    """CSV table with the names of clips (and the vectors, where there is no `array`)."""

    array: str | None = None
    """A .npy array (n_clips, d), row by row as in the table (null: the table holds the vectors)."""

    columns: Columns = Columns()
    """Which column is what."""


class Audio(Section):
    """How clips are read."""

    sample_rate: Annotated[int, Field(ge=1000, le=384000)] = 16000
    """Sample rate, Hz. A clip with another one is left out, unless `resample` is true."""

    resample: bool = False
    """Convert clips with another sample rate instead of leaving them out."""

    channel: Annotated[int, Field(ge=0)] = 0
    """Channel to use, counted from 0."""


class Mel(Section):
    """The log-mel spectrogram, with the names and the meaning that librosa gives them."""

    n_fft: Annotated[int, Field(ge=16, le=65536)] = 1024
    """Samples of the FFT."""

    hop_length: Count = 512
    """Samples from one frame to the next."""

    win_length: Count | None = None
    """Samples of the window (null: n_fft)."""

    window: Literal["hann", "hamming", "blackman", "boxcar"] = "hann"
    """Window function."""

    center: bool = True
    """Frames are centred on their time, with padding at both ends."""

    pad_mode: Literal["constant", "reflect", "edge"] = "constant"
    """How the ends are padded: with zeros, mirrored, or with the last sample."""

    power: Annotated[float, Field(gt=0, le=4)] = 2.0
    """Exponent of the magnitude: 2 = power, 1 = amplitude."""

    n_mels: Annotated[int, Field(ge=1, le=1024)] = 128
    """Mel bands."""

    fmin: Annotated[float, Field(ge=0)] = 0.0
    """Lowest frequency, Hz."""

    fmax: Annotated[float, Field(gt=0)] | None = None
    """Highest frequency, Hz (null: half the sample rate)."""

    htk: bool = False
    """HTK's formula for the mel scale instead of Slaney's."""

    norm: Literal["slaney", "none"] = "slaney"
    """Scaling of the bands: equal area (Slaney), or equal height."""

    amin: Annotated[float, Field(gt=0)] = 1e-10
    """Floor before the logarithm; no further limit (top_db) and no reference per clip."""

    @model_validator(mode="after")
    def _possible(self) -> "Mel":
        window = self.n_fft if self.win_length is None else self.win_length
        if window > self.n_fft:
            raise ValueError(f"win_length: {window} is more than n_fft ({self.n_fft})")
        if self.hop_length > window:
            raise ValueError(
                f"hop_length: {self.hop_length} is more than the window ({window} samples), "
                "so that samples between frames would be lost"
            )
        if self.fmax is not None and self.fmax <= self.fmin:
            raise ValueError(f"fmax: {self.fmax:g} Hz must lie above fmin ({self.fmin:g} Hz)")
        return self


class Projection(Section):
    """PCA per machine ID, fitted on its normal training clips."""

    n_components: Count | Share | Literal["all"] = 0.99
    """Components kept: a number, the share of variance to keep, or 'all'."""

    standardize: bool = True
    """Bring each column of the embedding to mean 0 and standard deviation 1 first."""

    whiten: bool = False
    """Bring each component to standard deviation 1."""


class HeldOut(Section):
    """How training clips get scores from models that have not seen them."""

    folds: Annotated[int, Field(ge=2, le=100)] = 5
    """Parts that the training clips are split into (fewer clips: one clip a part)."""


class Choice(Section):
    """Which detector suits a machine ID, decided from normal training clips alone.

    null instead of the section: nothing is chosen, and there is no table of it.
    """

    indicator: Literal[
        "stand_in_auc",
        "stand_in_pauc",
        "stand_in_separation",
        "self_tail",
        "agreement",
        "burstiness",
    ] = "stand_in_separation"
    """What decides. Stand-ins are training clips of the other IDs of the type: 'stand_in_auc' and
    'stand_in_pauc', how well a detector tells them from held-out training clips of its own ID;
    'stand_in_separation', how far apart both lie, in units of scatter; all of them by the other ID
    that it tells least. Of its own clips alone:
    'self_tail', how little the highest scores stick out; 'agreement', how much other detectors say
    the same; 'burstiness', maxima where the power comes in bursts, means where it is steady."""

    top: Count = 3
    """So many of the best candidates are chosen and their scores averaged, each in units of its
    scatter over held-out training clips (1: the best alone)."""

    keep_fixed: bool = True
    """The fixed default is one of them, whatever the indicator says of it."""

    leave_out: list[str] = Field(default=["original_*"])
    """Detectors that are not to be chosen, by name or pattern; random projections never are."""

    members: bool = True
    """The parts of fusing detectors may be chosen too: a single view in a single metric, or a
    single aggregate over frames."""

    sample: Annotated[int, Field(ge=10)] = 100
    """Stand-ins scored for each machine ID, drawn at random from all others of its type."""

    fixed: Name | None = None
    """The fixed default: a detector that the choice is compared with, and that is taken alone where
    nothing can be told, as for the only ID of a type. It counts with `default_detector: choice`,
    else it is that one (null, or none of this name: the first one)."""


class Threshold(Section):
    """From what score on a clip is called anomalous: set on held-out training scores."""

    method: Literal["quantile", "gamma"] = "quantile"
    """'quantile': an upper quantile of the scores; 'gamma': that of a gamma distribution fitted to
    them (as the DCASE baselines since 2021)."""

    false_alarm_rate: Share = 0.1
    """Expected share of normal clips above the threshold."""


class Evaluation(Section):
    """How well anomalies are told from normal clips."""

    max_fpr: Share = 0.1
    """pAUC: up to this false-positive rate."""

    sweep_settings: Annotated[int, Field(ge=2, le=1000)] = 25
    """Settings of the sweep of sensitivity against specificity."""

    sweep_low: Share = 0.0001
    """Lowest expected false-alarm rate of the sweep."""

    sweep_high: Share = 0.5
    """Highest expected false-alarm rate of the sweep."""

    bootstrap: Annotated[int, Field(ge=0, le=100000)] = 1000
    """Resamples behind a confidence interval (0: no intervals)."""

    confidence: Share = 0.95
    """Coverage of the confidence intervals."""

    @model_validator(mode="after")
    def _rising(self) -> "Evaluation":
        if self.sweep_low >= self.sweep_high:
            raise ValueError(
                f"sweep_low: {self.sweep_low:g} must lie below sweep_high ({self.sweep_high:g})"
            )
        return self


class Figures(Section):
    """What the figures show."""

    contour_gammas: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)] = Field(
        default=[0.1, 1.0, 10.0]
    )
    """gamma of the one-class SVM contours, on two standardised components."""

    contour_nus: Annotated[list[Share], Field(min_length=1)] = Field(default=[0.05, 0.2, 0.5])
    """nu of the one-class SVM contours."""


def _detector_tag(value: Any) -> str:
    method = value.get("method") if isinstance(value, Mapping) else getattr(value, "method", None)
    return method if method in detectors.METHODS else "estimator"


AnyDataset = Annotated[
    SyntheticDataset
    | FolderDataset
    | ZenodoDataset
    | KaggleDataset
    | MelDataset
    | EmbeddingDataset,
    Field(discriminator="source"),
]

AnyDetector = Annotated[
    Annotated[ocsvm.Settings, Tag("ocsvm")]
    | Annotated[lof.Settings, Tag("lof")]
    | Annotated[knn.Settings, Tag("knn")]
    | Annotated[gmm.Settings, Tag("gmm")]
    | Annotated[mahalanobis.Settings, Tag("mahalanobis")]
    | Annotated[local_density.Settings, Tag("local_density")]
    | Annotated[fusion.Settings, Tag("fusion")]
    | Annotated[frames.Settings, Tag("frames")]
    | Annotated[autoencoder.Settings, Tag("autoencoder")]
    | Annotated[idnn.Settings, Tag("idnn")]
    | Annotated[random_projection.Settings, Tag("random_projection")]
    | Annotated[estimator.Settings, Tag("estimator")],
    Discriminator(_detector_tag),
]


class Config(Section):
    """The whole config."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 2020
    """Seed of all that is random: folds, starts, resamples."""

    dataset: AnyDataset
    """Where the clips come from."""

    audio: Audio = Audio()
    mel: Mel = Mel()
    embedding: statistics.Settings = statistics.Settings(method="statistics")
    projection: Projection = Projection()
    held_out: HeldOut = HeldOut()
    default_detector: Name | None = None
    """The detector that verdicts, the report and all comparisons go by (null, or none of this
    name: the first one). 'choice': per machine ID what the section `choice` finds; it then has
    results, thresholds and models as a detector has."""

    detectors: Annotated[dict[Name, AnyDetector], Field(min_length=1)]
    """The detectors, all run side by side: a name of your choice and the settings of each."""

    choice: Choice | None = Choice()
    threshold: Threshold = Threshold()
    evaluation: Evaluation = Evaluation()
    figures: Figures = Figures()

    @field_validator("detectors", mode="before")
    @classmethod
    def _method_from_name(cls, value: Any) -> Any:
        # a detector called lof needs no second word to say that it is one
        if not isinstance(value, Mapping):
            return value
        return {
            name: {"method": name, **(settings or {})}
            if settings is None or isinstance(settings, Mapping)
            else settings
            for name, settings in value.items()
        }

    @field_validator("detectors")
    @classmethod
    def _names_are_free(cls, value: dict) -> dict:
        for name in ("clip", "split"):
            if name in value:
                raise ValueError(f"{name}: a detector can't have this name, it is a column's")
        if chosen.NAME in value:
            raise ValueError(
                f"{chosen.NAME}: a detector can't have this name, it is that of the label-free "
                "choice among detectors; call it otherwise"
            )
        return value

    @model_validator(mode="after")
    def _choice_is_made_if_it_is_the_default(self) -> "Config":
        if self.with_choice and not self.choice:
            raise ValueError(
                "default_detector is 'choice', but the section choice is null: give it settings, "
                "or name a detector as the default"
            )
        return self

    @property
    def with_choice(self) -> bool:
        """Tell whether the label-free choice is a detector of its own, and the default."""
        return self.default_detector == chosen.NAME

    @property
    def fixed_default(self) -> str:
        """Return the name of the detector that is the default where nothing is chosen."""
        name = self.choice.fixed if self.choice and self.with_choice else self.default_detector
        return name if name in self.detectors else next(iter(self.detectors))

    @model_validator(mode="after")
    def _default_comes_first(self) -> "Config":
        first = self.fixed_default
        # in place, for a config can't be changed
        for name in [name for name in self.detectors if name != first]:
            self.detectors[name] = self.detectors.pop(name)
        return self

    @model_validator(mode="after")
    def _below_nyquist(self) -> "Config":
        nyquist = self.audio.sample_rate / 2
        for key in ("fmin", "fmax"):
            frequency = getattr(self.mel, key)
            if frequency is not None and frequency > nyquist:
                raise ValueError(
                    f"mel.{key}: {frequency:g} Hz is above half the sample rate ({nyquist:g} Hz)"
                )
        return self


DATASETS: dict[str, type[Dataset]] = {
    "synthetic": SyntheticDataset,
    "folder": FolderDataset,
    "zenodo": ZenodoDataset,
    "kaggle": KaggleDataset,
    "mel": MelDataset,
    "embedding": EmbeddingDataset,
}
"""Models of the data sets, by `source`."""

DETECTORS: dict[str, type[DetectorSettings]] = {
    "ocsvm": ocsvm.Settings,
    "lof": lof.Settings,
    "knn": knn.Settings,
    "gmm": gmm.Settings,
    "mahalanobis": mahalanobis.Settings,
    "local_density": local_density.Settings,
    "fusion": fusion.Settings,
    "frames": frames.Settings,
    "autoencoder": autoencoder.Settings,
    "idnn": idnn.Settings,
    "random_projection": random_projection.Settings,
}
"""Models of the detectors, by `method`; all others are `estimator.Settings`."""


def validate(config: Mapping, *, name: str = "config") -> Config:
    """Check a config and fill in what it leaves out.

    Parameters
    ----------
    config : Mapping
        The config as read from YAML.
    name : str
        What to call it in messages, e.g. its file name.

    Returns
    -------
    Config
        The complete config.

    Raises
    ------
    UserError
        If a key is unknown, a value has the wrong type or is impossible: for each such key its
        path, its value and what is allowed.
    """
    try:
        return Config.model_validate(dict(config))
    except ValidationError as error:
        # needed only now, and it needs this module
        from pygoodvibes.config_errors import sentences

        raise UserError("\n".join(f"{name}: {line}" for line in sentences(config, error))) from None
