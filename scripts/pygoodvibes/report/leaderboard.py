"""One table of all years of DCASE Task 2: our official scores beside published ones.

Comes in: what `pygoodvibes.evaluation.year_score` found for the years that were run. Goes out:
Markdown, a row a year and set, in which published columns are marked and their sources named.
"""

from collections.abc import Mapping

from pygoodvibes.evaluation.year_score import YearScore
from pygoodvibes.protocols.protocol import NOT_FOUND, Protocol, Result
from pygoodvibes.protocols.registry import protocol_of, years
from pygoodvibes.report.table import Table

COLUMNS = {
    "baseline MSE": ("baseline MSE", "baseline, presumably the autoencoder"),
    "baseline Mahalanobis": ("baseline Mahalanobis",),
    "top team": ("top team",),
}
"""Published columns, each with the systems that stand in it."""


def leaderboard(ours: Mapping[tuple[int, str], YearScore]) -> str:
    """Return the table.

    Parameters
    ----------
    ours : mapping of (year, part) to YearScore
        What was run; other rows have an empty place. Years without an official score (2020) are
        left out.

    Returns
    -------
    str
        Markdown. Scores are shares from 0 to 1, ours with a 95 % interval if there is one.
    """
    head = ["year", "set", "ours", *(f"published: {name}" for name in COLUMNS)]
    head.append("published: best of ASDKit")
    rows = []
    sources: dict[str, None] = {}
    for year in years():
        protocol = protocol_of(year)
        if protocol.mean != "harmonic":
            continue
        for part in protocol.parts:
            cells = [str(year), part, _own(ours.get((year, part)))]
            for systems in COLUMNS.values():
                found = [each for each in _of(protocol, part) if each.system in systems]
                cells.append(_published(found, sources))
            kit = [each for each in _of(protocol, part) if each.system.startswith("ASDKit")]
            cells.append(_published(sorted(kit, key=lambda each: each.score)[-1:], sources))
            rows.append(cells)
    notes = [
        "Harmonic means as each year has them; chance is about 0.5. The baseline of 2021 and 2022 "
        "is presumably the autoencoder with its squared error (MSE)."
    ]
    notes += [f"Published: {source}." for source in sources]
    title = "Official scores of DCASE Task 2, by year"
    return Table(title, head, rows, notes, frozenset(("year", "set"))).markdown()


def _of(protocol: Protocol, part: str) -> list[Result]:
    return [result for result in protocol.published if result.part == part]


def _own(score: YearScore | None) -> str:
    if score is None:
        return ""
    if score.official is None:
        return f"{len(score.missing)} files missing"
    if score.interval is None:
        return f"{score.official:.4f}"
    low, high = score.interval
    return f"{score.official:.4f} ({low:.4f} to {high:.4f})"


def _published(found: list[Result], sources: dict[str, None]) -> str:
    if not found:
        return ""
    if found[0].score is None:
        return NOT_FOUND
    sources[found[0].source] = None
    return f"{found[0].score:.4f}"
