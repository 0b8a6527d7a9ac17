"""The report for who runs the machines: one HTML page that needs nothing beside it.

Comes in: the tables of a run, its scores, the mel caches and the clips. Goes out: a page that says
which machines are watched well, how sure that is, and which clips to listen to first. Its pictures
and sounds are in it, it loads nothing, and it holds no date: the same data give the same bytes.
"""

import base64
import dataclasses
import io
import json
import math
import pathlib
import sys
from collections.abc import Mapping, Sequence

import jinja2
import markupsafe
import numpy as np
import soundfile
import yaml

from pygoodvibes import audio, origin, over_ids, tables
from pygoodvibes.deviation import deviation_map, learn_normal
from pygoodvibes.errors import UserError
from pygoodvibes.figures import style
from pygoodvibes.figures.deviation import Heard, plot_deviation
from pygoodvibes.mel import band_edges
from pygoodvibes.mel_cache import open_cache
from pygoodvibes.paths import locate
from pygoodvibes.records import read_records
from pygoodvibes.threshold import is_loose, planned_interval
from pygoodvibes.verdicts import (
    CHANCE,
    VERDICTS,
    Verdict,
    between,
    count_of,
    listed,
    number,
    of_hundred,
    right_alarms,
    share_interval,
    verdict,
)

LISTED = 20
"""Clips to listen to that are named at most."""

SHOWN = 6
"""Clips to listen to that come with picture and sound: the page stays below 5 MB."""

SOUND_BYTES = 250_000
"""Most bytes of one embedded sound; a longer one is cut."""

LEFT_OUT = 50
"""Clips left out that are named at most."""

DETECTORS_A_TABLE = 3
"""Detectors beside each other in a table per machine ID: more don't fit on a sheet of paper."""

AT_TIMES = 0.95
"""The least normal band is the one furthest out at this quantile of time."""

RARE = 0.01
"""Share of faulty clips in the example of how many alarms are right."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the page says of one machine ID; rates and bounds are shares, None where unknown.

    Attributes
    ----------
    machine, id : str
        Machine type and ID.
    verdict : Verdict
        How well it is watched.
    auc, low, high : float or None
        AUC and its interval over clips.
    found, alarms : int or None
        Anomalous and normal test clips above the threshold.
    n_train, n_normal, n_anomaly : int
        Clips behind these numbers.
    note : str
        What can't be computed, and why.
    """

    machine: str
    id: str
    verdict: Verdict
    auc: float | None
    low: float | None
    high: float | None
    found: int | None
    alarms: int | None
    n_train: int
    n_normal: int
    n_anomaly: int
    note: str

    @property
    def name(self) -> str:
        """Return machine type and ID."""
        return f"{self.machine} ID {self.id}"

    @property
    def sensitivity(self) -> float | None:
        """Return the share of anomalous clips above the threshold."""
        return None if self.found is None else self.found / self.n_anomaly

    @property
    def false_alarm_rate(self) -> float | None:
        """Return the share of normal clips above the threshold."""
        return None if self.alarms is None else self.alarms / self.n_normal


def machines_of(metrics: Sequence[Mapping], detector: str) -> list[Machine]:
    """Return all machine IDs, the best watched first.

    Parameters
    ----------
    metrics : sequence of mapping
        Rows of metrics.csv.
    detector : str
        Whose numbers.
    """
    result = []
    for row in metrics:
        if row["detector"] != detector:
            continue
        n_normal, n_anomaly = int(row["n_test_normal"]), int(row["n_test_anomaly"])
        sensitivity, specificity = number(row["sensitivity"]), number(row["specificity"])
        result.append(
            Machine(
                machine=row["machine"],
                id=row["id"],
                verdict=verdict(row),
                auc=number(row["auc"]),
                low=number(row["auc_low"]),
                high=number(row["auc_high"]),
                found=None if sensitivity is None else round(sensitivity * n_anomaly),
                alarms=None if specificity is None else round((1 - specificity) * n_normal),
                n_train=int(row["n_train"]),
                n_normal=n_normal,
                n_anomaly=n_anomaly,
                note=row["note"],
            )
        )
    order = {key: place for place, key in enumerate(VERDICTS)}
    return sorted(
        result, key=lambda each: (order[each.verdict.key], -(each.auc or 0), each.machine, each.id)
    )


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
            each.clause: sum(machine.verdict == each for machine in machines)
            for each in VERDICTS.values()
        }
        parts = [
            f"{count} {'is' if count == 1 else 'are'} {clause}"
            for clause, count in counts.items()
            if count
        ]
        first = f"Of {count_of(len(machines), 'machine')}, {listed(parts)}"
    return [f"{first}.", _alarms_sentence(machines, planned, above, scored)]


def _alarms_sentence(machines: Sequence[Machine], planned: float, above: int, scored: int) -> str:
    found, faulty = _sums(machines, "found", "n_anomaly")
    alarms, normal = _sums(machines, "alarms", "n_normal")
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


def _sums(machines: Sequence[Machine], part: str, whole: str) -> tuple[int, int]:
    """Return a count and what it is counted of, over the machine IDs where it is known."""
    known = [each for each in machines if getattr(each, part) is not None]
    return sum(getattr(each, part) for each in known), sum(getattr(each, whole) for each in known)


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
    told = [
        (
            "Does a faulty clip sound different?",
            _ranking(machines, mean, resamples, confidence, seed),
        )
    ]
    known = [each for each in machines if each.found is not None]
    if known:
        found, faulty = _sums(machines, "found", "n_anomaly")
        text = (
            f"{found:,} of {count_of(faulty, 'faulty clip')} raised an alarm, "
            f"{of_hundred(found / faulty)}; the others were missed. "
        )
        rates = sorted(known, key=lambda each: (each.sensitivity, each.name))
        told.append(
            (
                "How many faults are found?",
                text + _spread(rates, "sensitivity", confidence) + _silent(rates),
            )
        )
    known = [each for each in machines if each.alarms is not None]
    if known:
        alarms, normal = _sums(machines, "alarms", "n_normal")
        text = (
            f"{alarms:,} of {count_of(normal, 'normal clip')} raised an alarm, "
            f"{of_hundred(alarms / normal)}; the threshold was set for {of_hundred(planned)}, on "
            "normal clips of the training that the detector had not seen. "
        )
        rates = sorted(known, key=lambda each: (each.false_alarm_rate, each.name))
        text += _spread(rates, "false_alarm_rate", confidence)
        noisy = [each.name for each in rates if _more_than(each, planned, confidence)]
        if noisy:
            text += f" Clearly more than planned: {listed(noisy)}."
        text += _few_to_learn_from(known, planned)
        told.append(("How many false alarms?", text))
    right = _right(machines)
    if right is not None:
        told.append(
            (
                "How many alarms would be right in the plant?",
                "Faults are rarer there than among test clips. If 1 clip in 100 were faulty, "
                f"{of_hundred(right)} alarms would be right, and the others false. An alarm says "
                "where to listen, not what to stop.",
            )
        )
    if any(each.found is not None for each in machines):
        told.append(
            (
                "What these numbers can't know",
                "Only the kinds of fault among the test clips were tested. Another fault, another "
                "place of the microphone or another load of the machine may give other numbers.",
            )
        )
    return told


def _ranking(
    machines: Sequence[Machine],
    mean: float | None,
    resamples: int,
    confidence: float,
    seed: int,
) -> str:
    values = {(each.machine, each.id): each.auc for each in machines if each.auc is not None}
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
        [only] = [each for each in machines if each.auc is not None]
        return text + _of_one(only, confidence)
    types = len({machine for machine, _ in values})
    over = f"{len(values)} machine IDs"
    text += f"This is the mean over {count_of(types, 'machine type')}, {over} in all. "
    bounds = over_ids.interval(values, resamples=resamples, confidence=confidence, seed=seed)
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
    names = [each.name for each in machines if each.found == 0 and each.low and each.low > CHANCE]
    if not names:
        return ""
    return (
        f" The scores of {listed(names)} do tell faulty clips from normal ones, but the threshold "
        "stands above them all: give more normal clips to learn from, or allow more false alarms "
        "(threshold.false_alarm_rate in the config)."
    )


def _more_than(each: Machine, planned: float, confidence: float) -> bool:
    bounds = share_interval(each.alarms, each.n_normal, confidence=confidence)
    return bounds is not None and bounds[0] > planned


def _few_to_learn_from(machines: Sequence[Machine], planned: float) -> str:
    """Say whose threshold rests on so few clips that it may be far from what was planned."""
    few = [each for each in machines if is_loose(planned_interval(each.n_train, planned))]
    if not few:
        return ""
    least = min(few, key=lambda each: each.n_train)
    bounds = between(*planned_interval(least.n_train, planned))
    return (
        f" The threshold of {listed([each.name for each in few])} rests on few normal clips: with "
        f"{least.n_train}, it lets through {bounds} normal clips (90 % interval). So few tell "
        "which clips are odder, not which are faulty: go by the order of the scores."
    )


def _right(machines: Sequence[Machine]) -> float | None:
    found, faulty = _sums(machines, "found", "n_anomaly")
    alarms, normal = _sums(machines, "alarms", "n_normal")
    if not faulty or not normal:
        return None
    return right_alarms(found / faulty, alarms / normal, faults=RARE)


@dataclasses.dataclass(frozen=True)
class Scored:
    """A test clip with its score.

    Attributes
    ----------
    machine, id, clip : str
        Which.
    label : str
        'normal', 'anomaly' or 'unknown'.
    score, threshold : float
        Higher = more anomalous.
    excess : float
        Score above the threshold, in robust standard deviations of the training clips' scores;
        below 0 if it is lower.
    alarm : bool
        Whether it lies above the threshold.
    """

    machine: str
    id: str
    clip: str
    label: str
    score: float
    threshold: float
    excess: float
    alarm: bool


def scored_clips(document: Mapping, scores: Sequence[Mapping], detector: str) -> list[Scored]:
    """Return the test clips of a machine ID with their scores, the highest first.

    Parameters
    ----------
    document : mapping
        Its document from `pygoodvibes.evaluation.evaluate_machine_id`.
    scores : sequence of mapping
        Its rows of scores.csv, values as text.
    detector : str
        Whose scores.
    """
    rows = [row for row in scores if row["detector"] == detector and row["score"] != ""]
    labels = {row["clip"]: row["label"] for row in rows if row["split"] == "test"}
    held_out = np.array([float(row["score"]) for row in rows if row["split"] == "train"])
    [threshold] = [row["threshold"] for row in document["metrics"] if row["detector"] == detector]
    if threshold is None:
        return []
    low, high = np.quantile(held_out, (0.25, 0.75))
    # of a normal distribution: 1.349 standard deviations between the quartiles
    spread = float(high - low) / 1.349
    test = document["test"][detector]
    found = [
        Scored(
            machine=document["machine"],
            id=document["id"],
            clip=clip,
            label=labels[clip],
            score=test["scores"][clip],
            threshold=threshold,
            excess=_excess(test["scores"][clip] - threshold, spread),
            alarm=alarm,
        )
        for clip, alarm in test["decisions"].items()
    ]
    return sorted(found, key=lambda each: (-each.score, each.clip))


def _excess(difference: float, spread: float) -> float:
    return difference / spread if spread else math.copysign(math.inf, difference)


def listen_first(clips: Sequence[Sequence[Scored]], limit: int) -> list[Scored]:
    """Choose clips to listen to, by their scores alone.

    Parameters
    ----------
    clips : sequence of sequence of Scored
        Of each machine ID, the highest first.
    limit : int
        How many.

    Returns
    -------
    list of Scored
        The highest of each machine ID, those furthest above their threshold first; then the second
        of each: one loud machine must not hide the others.
    """
    ranked = [(rank, each) for group in clips for rank, each in enumerate(group)]
    ranked.sort(key=lambda pair: (pair[0], -pair[1].excess, pair[1].machine, pair[1].id))
    return [each for _, each in ranked[:limit]]


def sound(path: pathlib.Path, settings: Mapping) -> tuple[bytes, float, bool]:
    """Return a clip as FLAC, as the detector heard it.

    Parameters
    ----------
    path : pathlib.Path
        Audio file.
    settings : mapping
        The `audio` section of the config.

    Returns
    -------
    content : bytes
        At most `SOUND_BYTES`: of what is longer, the beginning.
    seconds : float
        How long it is.
    whole : bool
        Whether nothing was cut.

    Raises
    ------
    UserError
        If the file can't be read.
    """
    signal = audio.read(path, **settings)
    length = len(signal)
    while True:
        buffer = io.BytesIO()
        soundfile.write(buffer, signal, settings["sample_rate"], format="FLAC", subtype="PCM_16")
        content = buffer.getvalue()
        if len(content) <= SOUND_BYTES:
            return content, len(signal) / settings["sample_rate"], len(signal) == length
        signal = signal[: int(0.95 * len(signal) * SOUND_BYTES / len(content))]


def _uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _player(clip: Mapping | None, folder: str | None, settings: Mapping) -> dict:
    """Return the sound of a clip for the page, or why there is none."""
    if folder is None or clip is None:
        return {"missing": "the data set holds no sound"}
    try:
        content, seconds, whole = sound(locate(folder) / clip["path"], settings)
    except UserError as error:
        return {"missing": str(error)}
    return {
        "uri": _uri(content, "audio/flac"),
        "name": clip["clip"],
        "cut": "" if whole else f"the first {seconds:.1f} s",
    }


def typical(scores: Sequence[Mapping], detector: str) -> str | None:
    """Return the training clip whose held-out score is the median one."""
    rows = [
        (float(row["score"]), row["clip"])
        for row in scores
        if row["detector"] == detector and row["split"] == "train" and row["score"] != ""
    ]
    return sorted(rows)[(len(rows) - 1) // 2][1] if rows else None


@style.styled
def picture(
    alarm: Scored, mel: Sequence[str], *, settings: Mapping, sample_rate: int, data: str
) -> tuple[bytes, str]:
    """Draw the spectrogram of a clip and its deviation from normal, and say where it is largest.

    Parameters
    ----------
    alarm : Scored
        The clip.
    mel : sequence of path
        The two files of its machine ID's mel cache.
    settings : mapping
        hop_length, fmin, fmax and htk of the section `mel` of the config.
    sample_rate : int > 0
        Hz.
    data : str
        Which data it is.

    Returns
    -------
    content : bytes
        WebP.
    words : str
        The band that is furthest from normal at its worst moments.
    """
    cache = open_cache(*mel)
    normal = learn_normal(frames for clip, frames in cache if clip["split"] == "train")
    [frames] = [
        frames for clip, frames in cache if clip["split"] == "test" and clip["clip"] == alarm.clip
    ]
    deviation = deviation_map(frames, normal)
    edges = band_edges(
        n_mels=cache.n_mels,
        fmin=settings["fmin"],
        fmax=settings["fmax"] or sample_rate / 2,
        htk=settings["htk"],
    )
    figure = plot_deviation(
        [Heard(alarm.clip, np.array(frames), deviation)],
        machine=f"{alarm.machine} ID {alarm.id}",
        frequencies=edges[1:-1],
        seconds_a_frame=settings["hop_length"] / sample_rate,
        title_suffix=data,
    )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="webp", dpi=110, pil_kwargs={"quality": 80})
    # a fault may come and go: what counts is how far a band is out at its worst moments
    worst = np.quantile(np.abs(deviation), AT_TIMES, axis=0)
    band = int(np.argmax(worst))
    out = deviation[np.abs(deviation[:, band]) >= worst[band], band]
    words = (
        f"Least normal around {_hertz(edges[1 + band])}: at times {worst[band]:.1f} spreads "
        f"{'louder' if out.mean() > 0 else 'quieter'} than normal."
    )
    return buffer.getvalue(), words


def _hertz(frequency: float) -> str:
    digits = max(0, int(math.log10(max(frequency, 1))) - 1)
    return f"{round(frequency, -digits):,.0f} Hz"


def _tables(
    *,
    metrics: Sequence[Mapping],
    averages: Sequence[Mapping],
    coverage: Sequence[Mapping],
    manifest: Sequence[Mapping],
    detectors: Sequence[str],
    texts: Mapping,
) -> list[tables.Table]:
    """Return the full tables; those per machine ID a few detectors at a time."""
    references = tables.read_references(texts["benchmark"])
    data = texts["data"]
    result = [tables.averages_table(averages, references, data=data, max_fpr=texts["max_fpr"])]
    for start in range(0, len(detectors), DETECTORS_A_TABLE):
        some = detectors[start : start + DETECTORS_A_TABLE]
        rows = [row for row in metrics if row["detector"] in some]
        published = references if start == 0 else []
        table = tables.machine_ids_table(rows, published, data=data, confidence=texts["confidence"])
        result.append(dataclasses.replace(table, title=f"{table.title}: {', '.join(some)}"))
    result.append(
        tables.thresholds_table(metrics, data=data, false_alarm_rates=texts["false_alarm_rates"])
    )
    return [*result, tables.clips_table(coverage, manifest, data=data)]


def write_report(
    *,
    template: str,
    manifest: str,
    coverage: str,
    metrics: str,
    averages: str,
    headline: str,
    evaluations: Sequence[str],
    scores: Sequence[str],
    mels: Sequence[str],
    mel_clips: Sequence[str],
    detectors: Sequence[str],
    texts: Mapping,
    data_folder: str | None,
    config: Mapping,
    output: pathlib.Path,
) -> None:
    """Write the page.

    Parameters
    ----------
    template : str
        Jinja template of the page.
    manifest, coverage, metrics, averages, headline : str
        The files of the run; headline is metrics.json.
    evaluations, scores : sequence of str
        Documents and scores of the single machine IDs, in the same order.
    mels, mel_clips : sequence of str
        The two files of their mel caches, in the same order; empty if the data have none.
    detectors : sequence of str
        Names, in the order of the config; the page tells of the first.
    texts : mapping
        data, source, benchmark, false_alarm_rates, max_fpr, confidence.
    data_folder : str, optional
        Folder that the clips' paths start from; None if there is no sound.
    config : mapping
        The whole config.
    output : pathlib.Path
        The HTML page.
    """
    detector = detectors[0]
    planned = texts["false_alarm_rates"][detector]
    manifest_rows, metrics_rows = read_records(manifest), read_records(metrics)
    coverage_rows = read_records(coverage)
    numbers = json.loads(pathlib.Path(headline).read_text(encoding="utf-8"))
    machines = machines_of(metrics_rows, detector)

    trained = {(each.machine, each.id) for each in machines if each.verdict.key != "unwatched"}
    documents, score_rows, caches, scored = {}, {}, {}, []
    for place, path in enumerate(evaluations):
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        key = document["machine"], document["id"]
        if key not in trained:
            continue
        documents[key] = document
        score_rows[key] = read_records(scores[place])
        scored.append(scored_clips(document, score_rows[key], detector))
        if mels:
            caches[key] = (mels[place], mel_clips[place])
    alarms = [[each for each in group if each.alarm] for group in scored]
    above = sum(map(len, alarms))
    chosen = listen_first(alarms, LISTED) if above else listen_first(scored, SHOWN)
    clips = {
        (row["machine"], row["id"], row["split"], row["clip"]): row
        for row in manifest_rows
        if row["status"] == "ok"
    }
    shown = []
    for alarm in chosen[:SHOWN]:
        key = alarm.machine, alarm.id
        entry = {"alarm": alarm, "picture": None, "words": ""}
        if key in caches:
            content, entry["words"] = picture(
                alarm,
                caches[key],
                settings=config["mel"],
                sample_rate=config["audio"]["sample_rate"],
                data=texts["data"],
            )
            entry["picture"] = _uri(content, "image/webp")
        own = clips.get((*key, "test", alarm.clip))
        entry["sound"] = _player(own, data_folder, config["audio"])
        normal = clips.get((*key, "train", typical(score_rows[key], detector)))
        entry["normal"] = _player(normal, data_folder, config["audio"])
        shown.append(entry)

    left_out = [row for row in manifest_rows if row["status"] != "ok"]
    n_scored = sum(map(len, scored))
    full = _tables(
        metrics=metrics_rows,
        averages=read_records(averages),
        coverage=coverage_rows,
        manifest=manifest_rows,
        detectors=detectors,
        texts=texts,
    )
    evaluation = config["evaluation"]
    page = render(
        pathlib.Path(template),
        data=texts["data"],
        name=config["dataset"]["name"],
        synthetic=texts["source"] == "synthetic",
        detector=detector,
        answer=answer(machines, planned=planned, above=above, scored=n_scored),
        counts={
            key: sum(int(row[key]) for row in coverage_rows)
            for key in ("train", "test_normal", "test_anomaly", "test_unknown")
        },
        clips=len(manifest_rows),
        hours=sum(float(row["seconds"] or 0) for row in manifest_rows) / 3600,
        types=len({each.machine for each in machines}),
        machines=machines,
        verdicts=VERDICTS.values(),
        headline=numbers,
        sure=how_sure(
            machines,
            mean=numbers["auc"].get(detector),
            planned=planned,
            resamples=evaluation["bootstrap"],
            confidence=evaluation["confidence"],
            seed=config["seed"],
        ),
        confidence=evaluation["confidence"],
        planned=planned,
        shown=shown,
        chosen=chosen,
        above=above,
        scored=n_scored,
        left_out=left_out[:LEFT_OUT],
        n_left_out=len(left_out),
        with_sound=data_folder is not None,
        incomplete=[row for row in coverage_rows if row["note"]],
        tables=[(table.title, markupsafe.Markup(table.html())) for table in full],
        settings=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
        origin=origin.data_of(manifest_rows),
        versions=origin.versions(),
        seed=config["seed"],
        python=".".join(map(str, sys.version_info[:3])),
    )
    output.write_text(page, encoding="utf-8")


def render(template: pathlib.Path, **values) -> str:
    """Fill a template; every value is escaped, and a missing one is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": tables.percent, "of_hundred": of_hundred}
    return environment.get_template(template.name).render(
        between=between, count_of=count_of, **values
    )
