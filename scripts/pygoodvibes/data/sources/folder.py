"""A folder of recordings, in a layout that is known or that a CSV file tells."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pygoodvibes.data.clip import Clip
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.util.paths import locate
from pygoodvibes.util.settings import Count


class Settings(Dataset):
    """A folder of recordings."""

    source: Literal["folder"]
    path: Annotated[str, Field(min_length=1)]
    """The folder, relative to the project's root or absolute."""

    layout: Literal["auto", "dcase", "mimii", "manifest"] = "auto"
    """Layout of the folder. 'dcase': <machine>/<train|test>/normal_id_00_00000000.wav; 'mimii':
    <machine>/id_00/<normal|abnormal>/*.wav; 'manifest': any, a CSV file lists the clips; 'auto':
    'dcase' or 'mimii', found by looking."""

    manifest: str | None = None
    """For layout 'manifest': CSV file with the columns path, machine, id, split, label; the paths
    in it are relative to `path`."""

    test_normal_clips: Count | None = None
    """For layout 'mimii': normal clips held back for testing per machine ID (null: as many as there
    are anomalous ones, at most half)."""

    seed: Annotated[int, Field(ge=0)] = 2020
    """For layout 'mimii': seed of the split into training and test clips."""

    @model_validator(mode="after")
    def _manifest_goes_with_its_layout(self) -> "Settings":
        if (self.layout == "manifest") != (self.manifest is not None):
            raise ValueError("manifest: name a CSV file with layout 'manifest', and only with it")
        return self

    @property
    def folder(self) -> str:
        """Return the folder that the paths of the manifest count from."""
        return self.path

    @property
    def watched(self) -> list[str]:
        """Return the folder, and the CSV file that tells its layout."""
        return [self.path, *filter(None, [self.manifest])]


def find(settings: Settings) -> list[Clip]:
    """Return the clips of the folder, by their names alone.

    Raises
    ------
    UserError
        If there is no such folder, or no audio in it that the layout can place.
    """
    return find_clips(
        locate(settings.path),
        layout=settings.layout,
        manifest=locate(settings.manifest) if settings.manifest else None,
        seed=settings.seed,
        test_normal_clips=settings.test_normal_clips,
    )
