"""The sentences of the page: what the run answers, and how sure that is."""

from collections.abc import Sequence

from pygoodvibes.detection.threshold import is_loose, planned_interval
from pygoodvibes.evaluation.intervals import interval, share_interval
from pygoodvibes.report.summary.machines import Machine, sums_of
from pygoodvibes.report.summary.verdicts import CHANCE, VERDICTS, right_alarms
from pygoodvibes.report.words import between, count_of, listed, of_hundred

RARE = 0.01
"""Share of faulty clips in the example of how many alarms are right."""


def answer(machines: Sequence[Machine], *, planned: float, above: int, scored: int) -> list[str]:
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
        return ["There is no machine ID with clips.", "Nothing could be learnt or tested."]
    if len(machines) == 1:
        [only] = machines
        first = f"{only.name} is {only.verdict.clause}"
        if only.auc is not None:
            first += (
                ": of a normal and a faulty clip, the faulty one gets the higher score in "
                f"{of_hundred(only.auc)} pairs"
            )
    else:
        counts = {
            verdict.clause: sum(machine.verdict == verdict for machine in machines)
            for verdict in VERDICTS.values()
        }
        parts = [
            f"{count} {'is' if count == 1 else 'are'} {clause}"
            for clause, count in counts.items()
            if count
        ]
        first = f"Of {count_of(len(machines), 'machine')}, {listed(parts)}"
    return [f"{first}.", _alarms_sentence(machines, planned, above, scored)]


def _alarms_sentence(machines: Sequence[Machine], planned: float, above: int, scored: int) -> str:
    found, faulty = sums_of(machines, "found", "n_anomaly")
    alarms, normal = sums_of(machines, "alarms", "n_normal")
    false_alarms = ""
    if normal:
        false_alarms = (
            f"{alarms:,} of {count_of(normal, 'normal clip')} raised a false alarm "
            f"({of_hundred(alarms / normal)}; planned were {of_hundred(planned)})"
        )
    if faulty:
        rest = f", and {false_alarms}" if normal else ""
        return (
            f"At the threshold in use, {found:,} of {count_of(faulty, 'faulty clip')} raised an "
            f"alarm ({of_hundred(found / faulty)}){rest}."
        )
    if normal:
        return (
            "There was no clip of a known fault, so nobody knows how many faults would be found; "
            f"{false_alarms}."
        )
    if scored:
        return (
            "How well faults are found is not known, since no test clip has a known label; "
            f"{above:,} of {count_of(scored, 'clip')} lie{'s' if above == 1 else ''} above the "
            "threshold and should be listened to first."
        )
    return "There was no clip to test, so nobody knows how well faults would be found."


def how_sure(
    machines: Sequence[Machine],
    *,
    mean: float | None,
    planned: float,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[tuple[str, str]]:
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
    """
    answers = [
        (
            "Does a faulty clip sound different?",
            _ranking(machines, mean, resamples, confidence, seed),
        )
    ]
    if any(machine.found is not None for machine in machines):
        answers.append(("How many faults are found?", _faults_found(machines, confidence)))
    if any(machine.alarms is not None for machine in machines):
        answers.append(("How many false alarms?", _false_alarms(machines, planned, confidence)))
    right = _right(machines)
    if right is not None:
        answers.append(
            (
                "How many alarms would be right in the plant?",
                "Faults are rarer there than among test clips. If 1 clip in 100 were faulty, "
                f"{of_hundred(right)} alarms would be right, and the others false. An alarm says "
                "where to listen, not what to stop.",
            )
        )
    if any(machine.found is not None for machine in machines):
        answers.append(
            (
                "What these numbers can't know",
                "Only the kinds of fault among the test clips were tested. Another fault, another "
                "place of the microphone or another load of the machine may give other numbers.",
            )
        )
    return answers


def _faults_found(machines: Sequence[Machine], confidence: float) -> str:
    """Say how many faulty clips raised an alarm, and how that differs between machine IDs."""
    known = [machine for machine in machines if machine.found is not None]
    found, faulty = sums_of(known, "found", "n_anomaly")
    rates = sorted(known, key=lambda machine: (machine.sensitivity, machine.name))
    return (
        f"{found:,} of {count_of(faulty, 'faulty clip')} raised an alarm, "
        f"{of_hundred(found / faulty)}; the others were missed. "
        f"{_spread(rates, 'sensitivity', confidence)}{_silent(rates)}"
    )


def _false_alarms(machines: Sequence[Machine], planned: float, confidence: float) -> str:
    """Say how many normal clips raised an alarm, how many were planned, and where it was more."""
    known = [machine for machine in machines if machine.alarms is not None]
    alarms, normal = sums_of(known, "alarms", "n_normal")
    text = (
        f"{alarms:,} of {count_of(normal, 'normal clip')} raised an alarm, "
        f"{of_hundred(alarms / normal)}; the threshold was set for {of_hundred(planned)}, on "
        "normal clips of the training that the detector had not seen. "
    )
    rates = sorted(known, key=lambda machine: (machine.false_alarm_rate, machine.name))
    text += _spread(rates, "false_alarm_rate", confidence)
    noisy = [machine.name for machine in rates if _more_than(machine, planned, confidence)]
    if noisy:
        text += f" Clearly more than planned: {listed(noisy)}."
    return text + _few_to_learn_from(known, planned)


def _ranking(
    machines: Sequence[Machine],
    mean: float | None,
    resamples: int,
    confidence: float,
    seed: int,
) -> str:
    values = {
        (machine.machine, machine.id): machine.auc
        for machine in machines
        if machine.auc is not None
    }
    if mean is None or not values:
        return (
            "Nobody knows yet: that takes normal and anomalous test clips of the same machine, "
            "with known labels. Put some into the test folder, and this page will say it."
        )
    text = (
        "Take one normal and one faulty clip of the same machine: the faulty one gets the higher "
        f"score in {of_hundred(mean)} such pairs (AUC {100 * mean:.1f} %; guessing gives 50). "
    )
    if len(values) == 1:
        [only] = [machine for machine in machines if machine.auc is not None]
        return text + _of_one(only, confidence)
    types = len({machine for machine, _ in values})
    over = f"{len(values)} machine IDs"
    text += f"This is the mean over {count_of(types, 'machine type')}, {over} in all. "
    bounds = interval(values, resamples=resamples, confidence=confidence, seed=seed)
    if bounds is None:
        return text + "There is no interval over so few machine IDs: see each one below."
    return text + (
        f"With other machines of these types, it would be {between(*bounds)} "
        f"({100 * confidence:g} % interval, from {resamples:,} resamples of the machine IDs)."
    )


def _of_one(only: Machine, confidence: float) -> str:
    if only.low is None:
        return "No interval was computed."
    clips = f"{count_of(only.n_normal, 'normal clip')} and {only.n_anomaly:,} faulty"
    if only.low == only.high == 1:
        return f"Not one pair was the wrong way round, with {clips}; more clips might have some."
    return (
        f"With other clips of this machine, it would be {between(only.low, only.high)} "
        f"({100 * confidence:g} % interval, from {clips})."
    )


def _spread(ordered: Sequence[Machine], rate: str, confidence: float) -> str:
    """Say between which machines a rate lies, or of one machine its interval over clips."""
    first, last = ordered[0], ordered[-1]
    low, high = getattr(first, rate), getattr(last, rate)
    if len(ordered) == 1:
        whole = first.n_anomaly if rate == "sensitivity" else first.n_normal
        bounds = share_interval(round(low * whole), whole, confidence=confidence)
        return f"With other clips of this machine, it would be {between(*bounds)}."
    if low == high:
        return f"It is the same for each of the {len(ordered)} machine IDs."
    return (
        f"By machine ID it is from {of_hundred(low)} ({first.name}) to {of_hundred(high)} "
        f"({last.name})."
    )


def _silent(machines: Sequence[Machine]) -> str:
    """Say where scores tell faulty clips from normal ones, but no threshold makes use of it."""
    names = [
        machine.name
        for machine in machines
        if machine.found == 0 and machine.low and machine.low > CHANCE
    ]
    if not names:
        return ""
    return (
        f" The scores of {listed(names)} do tell faulty clips from normal ones, but the threshold "
        "stands above them all: give more normal clips to learn from, or allow more false alarms "
        "(threshold.false_alarm_rate in the config)."
    )


def _more_than(machine: Machine, planned: float, confidence: float) -> bool:
    bounds = share_interval(machine.alarms, machine.n_normal, confidence=confidence)
    return bounds is not None and bounds[0] > planned


def _few_to_learn_from(machines: Sequence[Machine], planned: float) -> str:
    """Say whose threshold rests on so few clips that it may be far from what was planned."""
    few = [machine for machine in machines if is_loose(planned_interval(machine.n_train, planned))]
    if not few:
        return ""
    least = min(few, key=lambda machine: machine.n_train)
    bounds = between(*planned_interval(least.n_train, planned))
    names = listed([machine.name for machine in few])
    return (
        f" The threshold of {names} rests on few normal clips: with "
        f"{least.n_train}, it lets through {bounds} normal clips (90 % interval). So few tell "
        "which clips are odder, not which are faulty: go by the order of the scores."
    )


def _right(machines: Sequence[Machine]) -> float | None:
    found, faulty = sums_of(machines, "found", "n_anomaly")
    alarms, normal = sums_of(machines, "alarms", "n_normal")
    if not faulty or not normal:
        return None
    return right_alarms(found / faulty, alarms / normal, faults=RARE)
