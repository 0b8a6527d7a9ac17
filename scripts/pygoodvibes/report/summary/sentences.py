"""The sentences of the page: what the run answers, and how sure that is.

All are messages, ready to be said in the language of the page.
"""

from collections.abc import Mapping, Sequence

from pygoodvibes.detection.threshold import is_loose, planned_interval
from pygoodvibes.evaluation.intervals import interval, share_interval
from pygoodvibes.report.summary.domains import in_both_domains
from pygoodvibes.report.summary.machines import Machine, sums_of
from pygoodvibes.report.summary.verdicts import CHANCE, VERDICTS, right_alarms
from pygoodvibes.report.words import between, count_of, listed, named, of_hundred
from pygoodvibes.util.messages import BY_WORDS, Message, joined, message

RARE = 0.01
"""Share of faulty clips in the example of how many alarms are right."""


def answer(
    machines: Sequence[Machine], *, planned: float, above: int, scored: int
) -> list[Message]:
    """Say in two sentences what came out.

    Parameters
    ----------
    machines : sequence of Machine
        All machine IDs.
    planned : float
        Share of normal clips that the threshold was set to let through as false alarms.
    above, scored : int
        Test clips above their threshold, and all that have a score.
    """
    if not machines:
        return [
            message("There is no machine ID with clips."),
            message("Nothing could be learnt or tested."),
        ]
    return [_watched(machines), _alarms_sentence(machines, planned, above, scored)]


def _watched(machines: Sequence[Machine]) -> Message:
    if len(machines) == 1:
        [only] = machines
        verdict = message(only.verdict.one.template, which=only.name)
        if only.auc is None:
            return message("{verdict}.", verdict=verdict)
        return message(
            "{verdict}: of a normal and a faulty clip, the faulty one gets the higher score in "
            "{share} pairs.",
            verdict=verdict,
            share=of_hundred(only.auc),
        )
    parts = []
    for verdict in VERDICTS.values():
        if count := sum(machine.verdict == verdict for machine in machines):
            parts.append(
                message((verdict.one if count == 1 else verdict.several).template, which=count)
            )
    return message(
        "Of {machines}, {verdicts}.",
        machines=count_of(len(machines), "machine"),
        verdicts=listed(parts),
    )


def _alarms_sentence(
    machines: Sequence[Machine], planned: float, above: int, scored: int
) -> Message:
    found, faulty = sums_of(machines, "found", "n_anomaly")
    alarms, normal = sums_of(machines, "alarms", "n_normal")
    false_alarms = ""
    if normal:
        false_alarms = message(
            "{alarms:,d} of {clips} raised a false alarm ({share}; planned were {planned})",
            alarms=alarms,
            clips=count_of(normal, "normal clip"),
            share=of_hundred(alarms / normal),
            planned=of_hundred(planned),
        )
    if faulty:
        values = {
            "found": found,
            "clips": count_of(faulty, "faulty clip"),
            "share": of_hundred(found / faulty),
        }
        if not normal:
            return message(
                "At the threshold in use, {found:,d} of {clips} raised an alarm ({share}).",
                **values,
            )
        return message(
            "At the threshold in use, {found:,d} of {clips} raised an alarm ({share}), and "
            "{false_alarms}.",
            **values,
            false_alarms=false_alarms,
        )
    if normal:
        return message(
            "There was no clip of a known fault, so nobody knows how many faults would be found; "
            "{false_alarms}.",
            false_alarms=false_alarms,
        )
    if scored:
        clips = count_of(scored, "clip")
        if above == 1:
            return message(
                "How well faults are found is not known, since no test clip has a known label; "
                "1 of {clips} lies above the threshold and should be listened to first.",
                clips=clips,
            )
        return message(
            "How well faults are found is not known, since no test clip has a known label; "
            "{above:,d} of {clips} lie above the threshold and should be listened to first.",
            above=above,
            clips=clips,
        )
    return message("There was no clip to test, so nobody knows how well faults would be found.")


def how_sure(
    machines: Sequence[Machine],
    *,
    mean: float | None,
    planned: float,
    resamples: int,
    confidence: float,
    seed: int,
    domain_auc: Mapping[str, float | None] | None = None,
) -> list[tuple[Message, Message]]:
    """Say in words how sure the numbers are: pairs of a heading and a paragraph.

    Parameters
    ----------
    machines : sequence of Machine
        All machine IDs.
    mean : float or None
        Mean AUC over machine types, from metrics.json.
    planned : float
        Share of normal clips that the threshold was set to let through.
    resamples, confidence, seed
        Of the bootstrap over machine IDs.
    domain_auc : mapping of domain to float or None, optional
        Mean AUC over machine types, from averages.csv; None where there are no domains.
    """
    answers = [
        (
            message("Does a faulty clip sound different?"),
            joined(_ranking(machines, mean, resamples, confidence, seed), BY_WORDS),
        )
    ]
    if any(machine.found is not None for machine in machines):
        found = joined(_faults_found(machines, confidence), BY_WORDS)
        answers.append((message("How many faults are found?"), found))
    if any(machine.alarms is not None for machine in machines):
        alarms = joined(_false_alarms(machines, planned, confidence), BY_WORDS)
        answers.append((message("How many false alarms?"), alarms))
    if said := in_both_domains(machines, domain_auc or {}, confidence):
        answers.append((message("Is it as good in both domains?"), joined(said, BY_WORDS)))
    right = _right(machines)
    if right is not None:
        answers.append(
            (
                message("How many alarms would be right in the plant?"),
                message(
                    "Faults are rarer there than among test clips. If 1 clip in 100 were faulty, "
                    "{share} alarms would be right, and the others false. An alarm says where to "
                    "listen, not what to stop.",
                    share=of_hundred(right),
                ),
            )
        )
    if any(machine.found is not None for machine in machines):
        answers.append(
            (
                message("What these numbers can't know"),
                message(
                    "Only the kinds of fault among the test clips were tested. Another fault, "
                    "another place of the microphone or another load of the machine may give other "
                    "numbers."
                ),
            )
        )
    return answers


def _faults_found(machines: Sequence[Machine], confidence: float) -> list[Message]:
    """Say how many faulty clips raised an alarm, and how that differs between machine IDs."""
    known = [machine for machine in machines if machine.found is not None]
    found, faulty = sums_of(known, "found", "n_anomaly")
    rates = sorted(known, key=lambda machine: (machine.sensitivity, machine.name))
    return [
        message(
            "{found:,d} of {clips} raised an alarm, {share}; the others were missed.",
            found=found,
            clips=count_of(faulty, "faulty clip"),
            share=of_hundred(found / faulty),
        ),
        _spread(rates, "sensitivity", confidence),
        *_silent(rates),
    ]


def _false_alarms(machines: Sequence[Machine], planned: float, confidence: float) -> list[Message]:
    """Say how many normal clips raised an alarm, how many were planned, and where it was more."""
    known = [machine for machine in machines if machine.alarms is not None]
    alarms, normal = sums_of(known, "alarms", "n_normal")
    rates = sorted(known, key=lambda machine: (machine.false_alarm_rate, machine.name))
    said = [
        message(
            "{alarms:,d} of {clips} raised an alarm, {share}; the threshold was set for {planned}, "
            "on normal clips of the training that the detector had not seen.",
            alarms=alarms,
            clips=count_of(normal, "normal clip"),
            share=of_hundred(alarms / normal),
            planned=of_hundred(planned),
        ),
        _spread(rates, "false_alarm_rate", confidence),
    ]
    noisy = [machine.name for machine in rates if _more_than(machine, planned, confidence)]
    if noisy:
        said.append(message("Clearly more than planned: {machines}.", machines=named(noisy)))
    return said + _few_to_learn_from(known, planned)


def _ranking(
    machines: Sequence[Machine],
    mean: float | None,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[Message]:
    values = {
        (machine.machine, machine.id): machine.auc
        for machine in machines
        if machine.auc is not None
    }
    if mean is None or not values:
        return [
            message(
                "Nobody knows yet: that takes normal and anomalous test clips of the same machine, "
                "with known labels. Put some into the test folder, and this page will say it."
            )
        ]
    said = [
        message(
            "Take one normal and one faulty clip of the same machine: the faulty one gets the "
            "higher score in {share} such pairs (AUC {auc:.1f} %; guessing gives 50).",
            share=of_hundred(mean),
            auc=100 * mean,
        )
    ]
    if len(values) == 1:
        [only] = [machine for machine in machines if machine.auc is not None]
        return [*said, _of_one(only, confidence)]
    sections = machines[0].unit == "section"
    over = {
        "types": count_of(len({machine for machine, _ in values}), "machine type"),
        "ids": len(values),
    }
    if sections:
        said.append(message("This is the mean over {types}, {ids} sections in all.", **over))
    else:
        said.append(message("This is the mean over {types}, {ids} machine IDs in all.", **over))
    bounds = interval(values, resamples=resamples, confidence=confidence, seed=seed)
    if bounds is None:
        if sections:
            few = message("There is no interval over so few sections: see each one below.")
        else:
            few = message("There is no interval over so few machine IDs: see each one below.")
        return [*said, few]
    found = {
        "bounds": between(*bounds),
        "confidence": 100 * confidence,
        "resamples": resamples,
    }
    if sections:
        resampled = message(
            "With other machines of these types, it would be {bounds} ({confidence:g} % interval, "
            "from {resamples:,d} resamples of the sections).",
            **found,
        )
    else:
        resampled = message(
            "With other machines of these types, it would be {bounds} ({confidence:g} % interval, "
            "from {resamples:,d} resamples of the machine IDs).",
            **found,
        )
    return [*said, resampled]


def _of_one(only: Machine, confidence: float) -> Message:
    if only.low is None:
        return message("No interval was computed.")
    clips = message(
        "{clips} and {faulty:,d} faulty",
        clips=count_of(only.n_normal, "normal clip"),
        faulty=only.n_anomaly,
    )
    if only.low == only.high == 1:
        return message(
            "Not one pair was the wrong way round, with {clips}; more clips might have some.",
            clips=clips,
        )
    return message(
        "With other clips of this machine, it would be {bounds} ({confidence:g} % interval, from "
        "{clips}).",
        bounds=between(only.low, only.high),
        confidence=100 * confidence,
        clips=clips,
    )


def _spread(ordered: Sequence[Machine], rate: str, confidence: float) -> Message:
    """Say between which machines a rate lies, or of one machine its interval over clips."""
    first, last = ordered[0], ordered[-1]
    low, high = getattr(first, rate), getattr(last, rate)
    if len(ordered) == 1:
        whole = first.n_anomaly if rate == "sensitivity" else first.n_normal
        bounds = share_interval(round(low * whole), whole, confidence=confidence)
        return message(
            "With other clips of this machine, it would be {bounds}.", bounds=between(*bounds)
        )
    sections = first.unit == "section"
    if low == high:
        count = len(ordered)
        if sections:
            return message("It is the same for each of the {count} sections.", count=count)
        return message("It is the same for each of the {count} machine IDs.", count=count)
    ends = {
        "low": of_hundred(low),
        "lowest": first.name,
        "high": of_hundred(high),
        "highest": last.name,
    }
    if sections:
        return message("By section it is from {low} ({lowest}) to {high} ({highest}).", **ends)
    return message("By machine ID it is from {low} ({lowest}) to {high} ({highest}).", **ends)


def _silent(machines: Sequence[Machine]) -> list[Message]:
    """Say where scores tell faulty clips from normal ones, but no threshold makes use of it."""
    names = [
        machine.name
        for machine in machines
        if machine.found == 0 and machine.low and machine.low > CHANCE
    ]
    if not names:
        return []
    return [
        message(
            "The scores of {machines} do tell faulty clips from normal ones, but the threshold "
            "stands above them all: give more normal clips to learn from, or allow more false "
            "alarms (threshold.false_alarm_rate in the config).",
            machines=named(names),
        )
    ]


def _more_than(machine: Machine, planned: float, confidence: float) -> bool:
    bounds = share_interval(machine.alarms, machine.n_normal, confidence=confidence)
    return bounds is not None and bounds[0] > planned


def _few_to_learn_from(machines: Sequence[Machine], planned: float) -> list[Message]:
    """Say whose threshold rests on so few clips that it may be far from what was planned."""
    few = [machine for machine in machines if is_loose(planned_interval(machine.n_train, planned))]
    if not few:
        return []
    least = min(few, key=lambda machine: machine.n_train)
    return [
        message(
            "The threshold of {machines} rests on few normal clips: with {least}, it lets through "
            "{bounds} normal clips (90 % interval). So few tell which clips are odder, not which "
            "are faulty: go by the order of the scores.",
            machines=named([machine.name for machine in few]),
            least=least.n_train,
            bounds=between(*planned_interval(least.n_train, planned)),
        )
    ]


def _right(machines: Sequence[Machine]) -> float | None:
    found, faulty = sums_of(machines, "found", "n_anomaly")
    alarms, normal = sums_of(machines, "alarms", "n_normal")
    if not faulty or not normal:
        return None
    return right_alarms(found / faulty, alarms / normal, faults=RARE)
