"""A year of DCASE Task 2 as a table, from its facts in `pygoodvibes.protocols`."""

from pygoodvibes.documentation.markdown import cell
from pygoodvibes.evaluation.year_score import MAX_FPR
from pygoodvibes.protocols.protocol import NOT_FOUND, Protocol
from pygoodvibes.protocols.registry import protocol_of

NAMES = {
    "auc": "AUC",
    "pauc": f"pAUC (false-positive rate up to {MAX_FPR})",
    "auc_source": "AUC (source)",
    "auc_target": "AUC (target)",
    "pauc_source": "pAUC (source)",
    "pauc_target": "pAUC (target)",
}
_WHOSE = {"own domain": "this domain", "both domains": "both domains"}
_PARTS = {
    "development": "development set",
    "additional_training": "additional training clips",
    "evaluation": "evaluation set",
}


def year_table(year: int) -> str:
    """Return two tables: the facts of a year, and its published results."""
    protocol = protocol_of(year)
    lines = ["| what | in this year |", "| --- | --- |"]
    lines += [f"| {name} | {cell(text)} |" for name, text in _facts(protocol)]
    lines += ["", "| published | development | evaluation | source |", "| --- | --- | --- | --- |"]
    systems: dict[tuple[str, str], dict[str, str]] = {}
    for result in protocol.published:
        score = NOT_FOUND if result.score is None else f"{result.score:.4f}"
        more = "; ".join(f"{name} {value}" for name, value in result.means.items())
        if more:
            score = more if result.score is None else f"{score}; {more}"
        systems.setdefault((result.system, result.source), {})[result.part] = score
    for (system, source), found in systems.items():
        scores = " | ".join(found.get(part, "") for part in protocol.parts)
        lines.append(f"| {cell(system)} | {scores} | {cell(source)} |")
    return "\n".join(lines)


def _shown(name: str) -> str:
    """Return the name of a file with its places as <machine>, <section>, <domain>."""
    return name.replace("{", "<").replace("}", ">")


def _facts(protocol: Protocol) -> list[tuple[str, str]]:
    facts = []
    for name, clips in protocol.parts.items():
        sections = sorted({each for group in clips.sections.values() for each in group})
        counted = "" if clips.test_clips is None else f"; {clips.test_clips} test clips a section"
        facts.append(
            (
                _PARTS[name],
                f"{', '.join(clips.sections) or NOT_FOUND}; {protocol.unit}s "
                f"{', '.join(sections) or NOT_FOUND}{counted}",
            )
        )
        if clips.hidden_attributes:
            facts.append((f"attributes hidden, {_PARTS[name]}", ", ".join(clips.hidden_attributes)))
    rate = NOT_FOUND if protocol.sample_rate is None else f"{protocol.sample_rate} Hz"
    metrics = ", ".join(NAMES[name] for name in protocol.metrics)
    if protocol.anomalies:
        metrics += f"; the AUC of a domain counts the anomalies of {_WHOSE[protocol.anomalies]}"
    channels = "1 channel" if protocol.channels == 1 else f"{protocol.channels} channels"
    hidden = {"": "none", "folder": "told by folder and name", "hidden": "hidden"}
    facts += [
        ("training clips", protocol.train_clips),
        ("clips", f"{channels}; {protocol.seconds}; sample rate: {rate}"),
        ("domain of evaluation clips", hidden[protocol.domain_of_test]),
        ("official score", f"{protocol.mean} mean of: {metrics}"),
        ("formulas", protocol.formulas_from),
        ("score files", f"`{_shown(protocol.score_name)}`"),
        ("decision files", f"`{_shown(protocol.decision_name)}`"),
    ]
    facts += [("also read", text) for text in protocol.other_names]
    if protocol.decision_quantile is not None:
        share = f"{100 * protocol.decision_quantile:g} %"
        rule = f"{share} of a gamma distribution, fitted to {protocol.decision_fitted_to}"
        facts.append(("organisers' threshold", rule))
    if protocol.supplemental:
        place = f"`<machine>/{protocol.supplemental}/`, neither training nor test clips"
        facts.append(("supplemental recordings", place))
    for part, record in protocol.records.items():
        archive = protocol.archives[part].format(machine="<machine>")
        link = f"[{record}](https://zenodo.org/records/{record})"
        facts.append((f"Zenodo, {_PARTS[part]}", f"{link}, `{archive}`"))
    if protocol.other_archives:
        names = ", ".join(f"`{name}`" for name in protocol.other_archives)
        facts.append(("archives with other names", names))
    return facts
