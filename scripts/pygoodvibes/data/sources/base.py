"""What the settings of all data sets have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pygoodvibes.protocols.dcase2020 import MACHINES
from pygoodvibes.util.messages import message
from pygoodvibes.util.settings import Name, Section

Machines = (
    Literal["all"]
    | Annotated[
        dict[Name, Literal["all"] | Annotated[list[Name], Field(min_length=1)]],
        Field(min_length=1),
    ]
)


class Dataset(Section):
    """Settings of every data set, wherever it comes from."""

    enters_as: ClassVar[Literal["audio", "mel", "embedding"]] = "audio"
    """What there is of a clip at first: a recording, log-mel frames, or a vector."""

    made_by: ClassVar[Literal["synthesize_dataset", "fetch_dataset"] | None] = None
    """The rule that makes the clips; None where they are the user's."""

    heading: ClassVar[str] = ""
    """What headings and figures call it ('': its name)."""

    name: Name
    """Name of the folders `data/<name>`, `resources/<name>` and `results/<name>`."""

    machines: Machines = "all"
    """Machine types to use, each with its machine IDs: 'all', or a table `fan: ['00', '02']` or
    `fan: all`."""

    published: Literal["none", "dcase2020"] = "none"
    """Published results to show beside ours: those of the DCASE 2020 Task 2 development set."""

    duplicates: Literal["leave_out", "keep"] = "leave_out"
    """The same recording twice within a machine ID, by its samples: 'leave_out' uses
    it once (the first training clip, else the first test clip; manifest.csv has the others with
    their reason); 'keep' uses all."""

    def wants(self, machine: str, machine_id: str | None = None) -> bool:
        """Say whether a machine type (and machine ID) is selected by `machines`."""
        if self.machines == "all":
            return True
        ids = self.machines.get(machine)
        return ids is not None and (machine_id is None or ids == "all" or machine_id in ids)

    def wanted(self, known: tuple[str, ...]) -> list[str]:
        """Return the selected ones among the known machine types, in the known order."""
        return [machine for machine in known if self.wants(machine)]

    @property
    def folder(self) -> str:
        """Return the folder that the paths of the manifest count from."""
        return f"data/{self.name}"

    @property
    def watched(self) -> list[str]:
        """Return files and folders of the user whose change means that clips have changed."""
        return []

    @property
    def title(self) -> str:
        """Return what headings and figures say of the data."""
        return self.heading or message("data set {name}", name=self.name)


class DcaseDataset(Dataset):
    """A data set whose machine types are known before its clips are there."""

    def known_machines(self) -> tuple[str, ...]:
        """Return all machine types of the data set: those of DCASE 2020 Task 2."""
        return MACHINES

    def made_machines(self) -> list[str]:
        """Return the machine types whose clips are to be made or fetched."""
        return self.wanted(self.known_machines())

    @model_validator(mode="after")
    def _known_machines(self) -> "DcaseDataset":
        for machine in () if self.machines == "all" else self.machines:
            if machine not in self.known_machines():
                raise ValueError(
                    f"machines.{machine}: there is no such machine type; "
                    f"allowed here: {', '.join(self.known_machines())}"
                )
        return self
