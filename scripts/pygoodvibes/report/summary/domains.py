"""What the page says of domains: whether false alarms and scores are as good in both.

Comes in: sections with their false alarms by domain. Goes out: messages; none where there are no
domains.
"""

from collections.abc import Mapping, Sequence

from pygoodvibes.evaluation.domains import DOMAINS
from pygoodvibes.evaluation.intervals import share_interval
from pygoodvibes.report.summary.machines import InDomain, Machine
from pygoodvibes.report.words import count_of, named, of_hundred
from pygoodvibes.util.messages import Message, message

NAMES = {"source": message("source domain"), "target": message("target domain")}


def by_false_alarms(machine: Machine, confidence: float) -> tuple[InDomain, InDomain] | None:
    """Return the domain with clearly more false alarms and the other one; None if none has.

    Clearly: the intervals of the two rates don't meet.
    """
    if not machine.domains:
        return None
    fewer, more = sorted(machine.domains, key=lambda domain: domain.false_alarm_rate)
    _, high = share_interval(fewer.alarms, fewer.n_normal, confidence=confidence)
    low, _ = share_interval(more.alarms, more.n_normal, confidence=confidence)
    return (more, fewer) if low > high else None


def where_false_alarms_differ(machines: Sequence[Machine], confidence: float) -> list[Message]:
    """Say in a sentence which section has clearly more false alarms in one domain, if any has.

    Parameters
    ----------
    machines : sequence of Machine
        All sections.
    confidence : float
        Coverage of the intervals that are compared.
    """
    differing = [
        (machine, pair)
        for machine in machines
        if (pair := by_false_alarms(machine, confidence)) is not None
    ]
    if not differing:
        return []
    machine, (more, fewer) = max(
        differing, key=lambda each: each[1][0].false_alarm_rate - each[1][1].false_alarm_rate
    )
    values = {
        "machine": machine.name,
        "alarms": more.alarms,
        "clips": count_of(more.n_normal, "normal clip"),
        "more": NAMES[more.domain],
        "share": of_hundred(more.false_alarm_rate),
        "fewer_alarms": fewer.alarms,
        "fewer_clips": count_of(fewer.n_normal, "normal clip"),
        "fewer": NAMES[fewer.domain],
        "fewer_share": of_hundred(fewer.false_alarm_rate),
    }
    if len(differing) == 1:
        return [
            message(
                "False alarms of {machine} differ by domain: {alarms:,d} of {clips} of the {more} "
                "raised one ({share}), but {fewer_alarms:,d} of {fewer_clips} of the {fewer} "
                "({fewer_share}).",
                **values,
            )
        ]
    return [
        message(
            "False alarms differ by domain in {count} sections, most in {machine}: {alarms:,d} of "
            "{clips} of the {more} raised one ({share}), but {fewer_alarms:,d} of {fewer_clips} of "
            "the {fewer} ({fewer_share}).",
            count=len(differing),
            **values,
        )
    ]


def in_both_domains(
    machines: Sequence[Machine], auc: Mapping[str, float | None], confidence: float
) -> list[Message]:
    """Say how scores and false alarms differ between the domains.

    Parameters
    ----------
    machines : sequence of Machine
        All sections.
    auc : mapping of domain to float or None
        Mean AUC over machine types.
    confidence : float
        Coverage of the intervals that are compared.
    """
    known = [machine for machine in machines if machine.domains]
    if not known:
        return []
    sums = {
        domain: {
            count: sum(getattr(machine.domains[place], count) for machine in known)
            for count in ("n_train", "alarms", "n_normal")
        }
        for place, domain in enumerate(DOMAINS)
    }
    source, target = (sums[domain] for domain in DOMAINS)
    said = [
        message(
            "{source:,d} of the clips to learn from are of the source domain and {target:,d} of "
            "the target domain, where speed, load, place or background differ.",
            source=source["n_train"],
            target=target["n_train"],
        )
    ]
    if None not in (auc.get(domain) for domain in DOMAINS):
        said.append(
            message(
                "Against normal clips of the source domain, a faulty clip gets the higher score in "
                "{source} pairs, and against those of the target domain in {target}.",
                **{domain: of_hundred(auc[domain]) for domain in DOMAINS},
            )
        )
    said.append(
        message(
            "{alarms:,d} of {clips} of the source domain raised an alarm ({share}), and "
            "{target_alarms:,d} of {target_clips} of the target domain ({target_share}).",
            alarms=source["alarms"],
            clips=count_of(source["n_normal"], "normal clip"),
            share=of_hundred(source["alarms"] / source["n_normal"]),
            target_alarms=target["alarms"],
            target_clips=count_of(target["n_normal"], "normal clip"),
            target_share=of_hundred(target["alarms"] / target["n_normal"]),
        )
    )
    return [*said, *_clearly_more(known, confidence)]


def _clearly_more(machines: Sequence[Machine], confidence: float) -> list[Message]:
    """Name the sections with clearly more false alarms in a domain, or say that there are none."""
    names: dict[str, list[str]] = {}
    for machine in machines:
        if (pair := by_false_alarms(machine, confidence)) is not None:
            names.setdefault(pair[0].domain, []).append(machine.name)
    if not names:
        return [message("No section has clearly more false alarms in one domain than the other.")]
    said = [
        message(
            "Clearly more in the {domain}: {machines}.",
            domain=NAMES[domain],
            machines=named(names[domain]),
        )
        for domain in DOMAINS
        if domain in names
    ]
    return [
        *said,
        message(
            "A section has one threshold for both domains, since a new clip does not say which it "
            "is of: while the machine runs as in one domain, expect the false alarms of that one."
        ),
    ]
