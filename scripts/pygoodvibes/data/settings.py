"""TODO pygoodvibes.data.settings."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pygoodvibes.util.settings import Count, Name, Section

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


AnyDataset = Annotated[
    SyntheticDataset
    | FolderDataset
    | ZenodoDataset
    | KaggleDataset
    | MelDataset
    | EmbeddingDataset,
    Field(discriminator="source"),
]


DATASETS: dict[str, type[Dataset]] = {
    "synthetic": SyntheticDataset,
    "folder": FolderDataset,
    "zenodo": ZenodoDataset,
    "kaggle": KaggleDataset,
    "mel": MelDataset,
    "embedding": EmbeddingDataset,
}
"""Models of the data sets, by `source`."""
