"""The form of a year's facts: what every file of this room fills in."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

NOT_FOUND = "not found"
"""Said of a fact that no source at hand gives."""

ASDKIT = "ASDKit, docs/results.png: backend kNN with SMOTE, mean of four runs"
"""Source of the results of the toolkit of T. Fujimura et al."""


@dataclasses.dataclass(frozen=True, slots=True)
class ClipSet:
    """Clips of one half of a year: the development set, or the evaluation set.

    Attributes
    ----------
    sections : mapping of str to tuple of str
        Machine types, each with its sections (2020: machine IDs); empty if they were not found.
    test_clips : int or None
        Test clips of a section (2021: of a section and domain); None if it differs.
    labelled : bool
        Whether the names of the test clips tell label and domain.
    hidden_attributes : tuple of str
        Machine types whose clips are named 'noAttribute'.
    """

    sections: Mapping[str, tuple[str, ...]]
    test_clips: int | None
    labelled: bool
    hidden_attributes: tuple[str, ...] = ()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Go through (machine type, section)."""
        return ((machine, each) for machine, sections in self.sections.items() for each in sections)


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """A published result.

    Attributes
    ----------
    system : str
        Who.
    part : {'development', 'evaluation'}
        On which clips.
    score : float or None
        Official score of the year, a share from 0 to 1; None: not found, or not what is published.
    source : str
        Where it stands.
    means : mapping of str to float
        What else is published, by name: shares from 0 to 1.
    """

    system: str
    part: Literal["development", "evaluation"]
    score: float | None
    source: str
    means: Mapping[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Protocol:
    """The facts of a year.

    Attributes
    ----------
    year : int
        The year of the challenge.
    unit : {'machine ID', 'section'}
        What a machine type is divided into.
    domains : tuple of str
        () or ('source', 'target').
    domain_of_test : {'', 'folder', 'hidden'}
        Where the domain of an evaluation clip stands: its folder and name, or nowhere.
    parts : mapping of str to ClipSet
        'development' and 'evaluation'.
    train_clips : str
        Training clips of a section.
    channels, sample_rate : int or None
        Of a clip; Hz; None if not found.
    seconds : str
        Lengths of the clips.
    supplemental : str
        Recordings that are neither training nor test clips: their folder, '' for none.
    test_names : tuple of str
        Names of evaluation clips, with places for section, domain and number.
    metrics : tuple of str
        What the official score is the mean of, as columns of
        `pygoodvibes.evaluation.year_score`.
    anomalies : {'', 'own domain', 'both domains'}
        Which anomalies the AUC of a domain is computed with.
    mean : {'harmonic', 'arithmetic'}
        How the metrics are averaged.
    score_name, decision_name : str
        Names of the files to hand in, with places for machine, section and domain.
    other_names : tuple of str
        Sentences about other names of such files that are in use.
    decision_quantile : float or None
        The organisers' threshold is this quantile of a gamma distribution.
    decision_fitted_to : str
        What that distribution is fitted to.
    formulas_from : str
        Where the formulas of the metrics stand.
    records : mapping of str to str
        Zenodo record of each part.
    archives : mapping of str to str
        Name of an archive of each part, with a place for the machine type.
    other_archives : tuple of str
        Archives whose names differ.
    published : tuple of Result
        Results to set beside ours.
    truth_fingerprints : mapping of (machine, section) to (str, str)
        SHA-256 of the labels and of the domains of the evaluation clips in the order of their
        numbers, each as one character, where a wrong list is in circulation.
    """

    year: int
    unit: Literal["machine ID", "section"]
    domains: tuple[str, ...]
    domain_of_test: Literal["", "folder", "hidden"]
    parts: Mapping[str, ClipSet]
    train_clips: str
    channels: int
    sample_rate: int | None
    seconds: str
    metrics: tuple[str, ...]
    anomalies: Literal["", "own domain", "both domains"]
    mean: Literal["harmonic", "arithmetic"]
    score_name: str
    decision_name: str
    test_names: tuple[str, ...]
    formulas_from: str
    records: Mapping[str, str]
    archives: Mapping[str, str]
    published: tuple[Result, ...]
    supplemental: str = ""
    other_names: tuple[str, ...] = ()
    other_archives: tuple[str, ...] = ()
    decision_quantile: float | None = None
    decision_fitted_to: str = ""
    truth_fingerprints: Mapping[tuple[str, str], tuple[str, str]] = dataclasses.field(
        default_factory=dict
    )

    def score_file(self, machine: str, section: str, domain: str = "") -> str:
        """Return the name of a score file; the domain is in the names of 2021 only."""
        return self.score_name.format(machine=machine, section=section, domain=domain)

    def decision_file(self, machine: str, section: str, domain: str = "") -> str:
        """Return the name of a decision file; the domain is in the names of 2021 only."""
        return self.decision_name.format(machine=machine, section=section, domain=domain)

    @property
    def file_domains(self) -> tuple[str, ...]:
        """Return the domains that have files of their own, ('',) where one file has both."""
        return self.domains if "{domain}" in self.score_name else ("",)

    def part_of(self, machine: str, section: str) -> str:
        """Return 'development' or 'evaluation', '' for a section that the year doesn't have."""
        for name, clips in self.parts.items():
            if section in clips.sections.get(machine, ()):
                return name
        return ""


def each_with(machines: Iterable[str], *sections: str) -> dict[str, tuple[str, ...]]:
    """Return machine types that all have the same sections."""
    return dict.fromkeys(machines, sections)


def asdkit(percent: Mapping[str, tuple[float, float]]) -> tuple[Result, ...]:
    """Return results of ASDKit, given by recipe in percent: development, evaluation."""
    return tuple(
        Result(f"ASDKit {recipe}", part, round(value / 100, 6), ASDKIT)
        for recipe, values in percent.items()
        for part, value in zip(("development", "evaluation"), values, strict=True)
    )
