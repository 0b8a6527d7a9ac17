"""What the label-free choice was worth: test labels come in here, after everything is chosen.

Three numbers stand side by side: the AUC of the fixed default, of the label-free choice, and of the
oracle. The oracle is the best candidate by the test labels; nobody can know it beforehand. Whether
an indicator predicts is measured in two ways: by its rank correlation with the test AUC, over the
candidates of each machine ID, and by the AUC that its choice gains.
"""

import json
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.choice.favoured import favoured
from pygoodvibes.choice.indicators import INDICATORS, spearman
from pygoodvibes.evaluation import intervals
from pygoodvibes.evaluation.averages import mean_of_types
from pygoodvibes.evaluation.choice_value import (
    CHOICE,
    DEFAULT,
    ORACLE,
    Outcome,
    outcomes,
    three_scores,
)
from pygoodvibes.evaluation.compare_detectors import MEAN, average, resample
from pygoodvibes.report.domain_tables import unit_in
from pygoodvibes.report.table import NOTHING, Table, percent, points, with_bounds
from pygoodvibes.report.words import id_heading
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records, write_records

COLUMNS = ("machine", "id", "candidate", "chosen", "oracle", *INDICATORS, "auc", "pauc")
"""Columns of choice.csv: a row for each machine ID and candidate."""


def three_table(
    known: Sequence[Outcome],
    default: str,
    *,
    resamples: int,
    confidence: float,
    seed: int,
    data: str,
    unit: str = "machine ID",
) -> Table:
    """Return the three numbers side by side, with intervals, per machine type.

    Parameters
    ----------
    known : sequence of Outcome
        Machine IDs with candidates, and with normal and anomalous test clips.
    default : str
        Name of the default detector.
    resamples, confidence, seed, data, unit
        As in `pygoodvibes.report.detector_comparison.comparison_tables`.
    """
    title = f"Fixed default, label-free choice and oracle ({data})"
    columns = ["Machine", DEFAULT, CHOICE, ORACLE, "choice - default", "oracle - choice"]
    scores = three_scores(known, default)
    if not scores:
        note = f"No {unit} has test clips of both kinds, and scores of {default}."
        return Table(title, columns, [], [note])
    max_fpr = known[0].max_fpr
    drawn = resample(scores, max_fpr=max_fpr, resamples=resamples, seed=seed)
    averaged = average(drawn, [DEFAULT, CHOICE, ORACLE])
    rows = []
    for machine in averaged[DEFAULT]:
        of = {name: averaged[name][machine] for name in (DEFAULT, CHOICE, ORACLE)}
        gains = of[CHOICE] - of[DEFAULT], of[ORACLE] - of[CHOICE]
        cells = [_pair(values, confidence, percent) for values in of.values()]
        rows.append([machine, *cells, *(_pair(gain, confidence, points) for gain in gains)])
    gain = averaged[CHOICE][MEAN][0] - averaged[DEFAULT][MEAN][0]
    notes = [
        "AUC / pAUC in %, differences in points, in brackets the "
        f"{100 * confidence:g} % bootstrap interval over test clips ({resamples} resamples, normal "
        "and anomalous clips apart, the same for all three).",
        f"{DEFAULT.capitalize()}: {default}, whatever the machine. {CHOICE.capitalize()}: per "
        f"{unit}, from normal training clips alone. Oracle: per {unit} the candidate with "
        "the highest test AUC; it shows what a perfect choice of a single one would give, is too "
        "good by what it takes from the chance of these clips, and is no method.",
        _verdict(gain, confidence),
    ]
    return Table(title, columns, rows, notes, frozenset({"Machine"}))


def _bounds(values: np.ndarray, confidence: float) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    low, high = np.quantile(values[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _pair(values: np.ndarray, confidence: float, write) -> str:
    """Write AUC and pAUC with their intervals; values have the shape (2, 1 + resamples)."""
    return " / ".join(
        with_bounds(metric[0], *_bounds(metric, confidence), write) for metric in values
    )


def _verdict(gain: np.ndarray, confidence: float) -> str:
    """Say in words whether the choice is better than the default, from the mean of types."""
    low, high = _bounds(gain, confidence)
    value = points(gain[0])
    if low is not None and low > 0:
        return f"The choice is better than the default by {value} points of AUC, beyond chance."
    if high is not None and high < 0:
        return f"The choice is worse than the default, by {value} points of AUC: keep the default."
    return f"Choice against default: {value} points of AUC, no difference that holds."


def predict_table(
    known: Sequence[Outcome],
    default: str,
    *,
    indicator: str,
    top: int,
    keep_fixed: bool,
    resamples: int,
    confidence: float,
    seed: int,
    data: str,
    unit: str = "machine ID",
) -> Table:
    """Return how well each indicator predicts, and what its choice is worth.

    Parameters
    ----------
    known, default, resamples, confidence, seed, data, unit
        As in `three_table`, but intervals are over machine IDs.
    indicator : str
        The indicator that decides.
    top : int
        How many candidates are chosen and fused.
    keep_fixed : bool
        Whether the default is always one of them.
    """
    usable = [outcome for outcome in known if default in outcome.scores]
    measured = {
        outcome.key: {name: outcome.measure(values) for name, values in outcome.scores.items()}
        for outcome in usable
    }
    fixed = {outcome.key: measured[outcome.key][default] for outcome in usable}
    best = {outcome.key: measured[outcome.key][outcome.oracle()] for outcome in usable}

    def interval(values: Mapping, write) -> str:
        values = {key: value for key, value in values.items() if math.isfinite(value)}
        if not values:
            return NOTHING
        ends = intervals.interval(values, resamples=resamples, confidence=confidence, seed=seed)
        return with_bounds(mean_of_types(values), *(ends or (None, None)), write)

    def row(name: str, rho: str, alone: Mapping | None, fused: Mapping) -> list[str]:
        gain = {key: value[0] - fixed[key][0] for key, value in fused.items()}
        regret = {key: best[key][0] - value[0] for key, value in fused.items()}
        return [
            name,
            rho,
            NOTHING if alone is None else _means(alone),
            _means(fused),
            interval(gain, points),
            interval(regret, points),
        ]

    everything = {
        outcome.key: outcome.measure(outcome.fused(list(outcome.scores))) for outcome in usable
    }
    rows, notes = [], []
    for name in INDICATORS:
        rhos = _correlations(usable, name, measured)
        first = {
            outcome.key: _favoured(outcome, name, default, top=1, keep_fixed=False)[0]
            for outcome in usable
        }
        alone = {key: measured[key][candidate] for key, candidate in first.items()}
        fused = {
            outcome.key: outcome.measure(
                outcome.fused(_favoured(outcome, name, default, top=top, keep_fixed=keep_fixed))
            )
            for outcome in usable
        }
        marked = f"{name} (decides)" if name == indicator else name
        rows.append(row(marked, interval(rhos, _correlation), alone, fused))
        if name == indicator:
            notes.append(_prediction(name, rhos, resamples, confidence, seed, unit))
            gained = {key: value[0] - everything[key][0] for key, value in fused.items()}
            notes.append(
                f"{interval(gained, points)} points of AUC between its choice and all candidates "
                "fused: so much is due to choosing, the rest of the gain to fusing."
            )
    chance = {key: np.mean(list(values.values()), axis=0) for key, values in measured.items()}
    rows.append(row("a candidate at random", NOTHING, chance, chance))
    rows.append(row("all candidates, no choice", NOTHING, None, everything))
    rows.append(row(f"{DEFAULT}: {default}", NOTHING, fixed, fixed))
    rows.append(row(ORACLE, NOTHING, best, best))
    others = "others" if top > 2 else "other"
    beside = f"Default and best {top - 1} {others} fused" if top > 1 else "Default alone"
    fusing = beside if keep_fixed else f"Best {top} fused"
    columns = [
        "Indicator",
        "Rank correlation with test AUC",
        "Best alone",
        fusing,
        "Points over default",
        "Points below oracle",
    ]
    notes += [
        f"Rank correlation (Spearman) over the candidates of each {unit}, mean of types. Best "
        f"alone, {fusing[0].lower()}{fusing[1:]}: AUC / pAUC in % of what the indicator favours, "
        "mean of types; points of AUC are those of the fused ones. In brackets the "
        f"{100 * confidence:g} % bootstrap interval over {len(usable)} {unit}s: would it be so "
        "with other machines?",
    ]
    title = f"Does it predict? ({data})"
    return Table(title, columns, rows, notes, frozenset({"Indicator"}))


def _correlations(
    outcomes_known: Sequence[Outcome], indicator: str, measured: Mapping
) -> dict[tuple[str, str], float]:
    """Return the rank correlation of an indicator with the test AUC, per machine ID.

    It is taken over the candidates for which the indicator has a value. IDs with fewer than three
    of them are left out.
    """
    rhos = {}
    for outcome in outcomes_known:
        values = {name: outcome.indicators[name][indicator] for name in outcome.scores}
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        if len(values) > 2:
            auc = [measured[outcome.key][name][0] for name in values]
            rhos[outcome.key] = spearman(list(values.values()), auc)
    return rhos


def _favoured(
    outcome: Outcome, indicator: str, default: str, *, top: int, keep_fixed: bool
) -> list[str]:
    """Return the candidates that an indicator favours for a machine ID; if none, the default."""
    table = {name: outcome.indicators[name] for name in outcome.scores}
    return favoured(table, indicator, default, top=top, keep_fixed=keep_fixed) or [default]


def _means(values: Mapping[tuple[str, str], np.ndarray]) -> str:
    return " / ".join(
        percent(mean_of_types({key: metrics[index] for key, metrics in values.items()}))
        for index in (0, 1)
    )


def _correlation(value: float) -> str:
    return NOTHING if math.isnan(value) else f"{value:+.2f}"


def _prediction(
    name: str, rhos: Mapping, resamples: int, confidence: float, seed: int, unit: str
) -> str:
    """Say in words whether an indicator predicts."""
    rhos = {key: value for key, value in rhos.items() if math.isfinite(value)}
    ends = intervals.interval(rhos, resamples=resamples, confidence=confidence, seed=seed)
    if ends is None:
        return f"{name}: too few {unit}s to say whether it predicts."
    if ends[0] > 0:
        return f"{name} predicts: the interval of its rank correlation lies above 0."
    if ends[1] < 0:
        return f"{name} misleads: the interval of its rank correlation lies below 0."
    return f"{name} is not shown to predict: the interval of its rank correlation holds 0."


def decisions_table(
    all_outcomes: Sequence[Outcome], default: str, *, data: str, unit: str = "machine ID"
) -> Table:
    """Return what was chosen for each machine ID, why, and the AUC that this gave."""
    rows = []
    for outcome in all_outcomes:
        document = outcome.document
        auc = dict.fromkeys((DEFAULT, CHOICE, ORACLE), NOTHING)
        best = NOTHING
        if outcome.known:
            best = outcome.oracle()
            names = {DEFAULT: [default], CHOICE: document["chosen"], ORACLE: [best]}
            auc |= {
                kind: percent(outcome.measure(outcome.fused(of))[0])
                for kind, of in names.items()
                if of and all(name in outcome.scores for name in of)
            }
        bursts = document["burstiness_db"]
        values = [
            " + ".join(document["chosen"]) or NOTHING,
            document["reason"],
            NOTHING if bursts is None else f"{bursts:.1f}",
            _stand_ins(document),
        ]
        rows.append([*outcome.key, *values, *auc.values(), best])
    notes = [
        "AUC in % of the test clips, seen only after the choice. Bursts: level of the frames' 0.95 "
        "quantile of power over their median, dB; from 3 dB on power comes in bursts. Stand-ins: "
        f"training clips of other {'sections' if unit == 'section' else 'IDs'} of the type, or, "
        "where there is none, of other attributes.",
    ]
    heading = id_heading(unit)
    columns = ["Machine", heading, "Chosen (fused)", "Why", "Bursts", "Stand-ins"]
    columns += ["AUC default", "AUC choice", "AUC oracle", "Oracle"]
    text = frozenset({"Machine", heading, "Chosen (fused)", "Why", "Oracle"})
    return Table(f"What was chosen ({data})", columns, rows, notes, text)


def _stand_ins(document: Mapping) -> str:
    """Return how many clips stood in, and of what if not of other machine IDs."""
    ending = " (attributes)" if document["stand_ins_are"] == "attributes" else ""
    return f"{document['stand_ins']}{ending}"


def rows_of(all_outcomes: Sequence[Outcome]) -> list[dict]:
    """Return the rows of choice.csv, with '' where there is no value."""
    rows = []
    for outcome in all_outcomes:
        best = outcome.oracle() if outcome.known else None
        for name, values in outcome.indicators.items():
            measured = (math.nan, math.nan)
            if outcome.known and name in outcome.scores:
                measured = outcome.measure(outcome.scores[name])
            numbers = {**values, "auc": measured[0], "pauc": measured[1]}
            machine, machine_id = outcome.key
            rows.append(
                {
                    "machine": machine,
                    "id": machine_id,
                    "candidate": name,
                    "chosen": int(name in outcome.document["chosen"]),
                    "oracle": int(name == best),
                    **{key: "" if math.isnan(n) else f"{n:.6g}" for key, n in numbers.items()},
                }
            )
    return rows


def write_choice(
    *,
    choices: Sequence[str | pathlib.Path],
    scores: Sequence[str | pathlib.Path],
    manifest: str | pathlib.Path,
    outputs: Mapping[str, str | pathlib.Path],
    default: str,
    indicator: str,
    top: int,
    keep_fixed: bool,
    max_fpr: float,
    resamples: int,
    confidence: float,
    seed: int,
    data: str,
) -> None:
    """Read what was chosen, and write the tables of what it was worth.

    Parameters
    ----------
    choices, scores : sequence of path
        Files of each machine type, from `pygoodvibes.choice.choose.write_choice`.
    manifest : path
        The complete manifest, with the labels.
    outputs : mapping of name to path
        Where the files go: table (Markdown, all tables), csv, three (Markdown, the first table).
    default, indicator, top, keep_fixed, max_fpr, resamples, confidence, seed, data
        As in `predict_table` and `outcomes`.
    """
    documents, rows = [], {}
    for choice_path, scores_path in zip(choices, scores, strict=True):
        chosen = json.loads(pathlib.Path(choice_path).read_text(encoding="utf-8"))
        documents += chosen
        for row in read_records(scores_path):
            rows.setdefault((chosen[0]["machine"], row["id"]), []).append(row)
    clips = read_records(manifest)
    every = outcomes(documents, rows, clips, max_fpr=max_fpr)
    known = [outcome for outcome in every if outcome.known]
    named = {"data": data, "unit": unit_in(clips)}
    options = {"resamples": resamples, "confidence": confidence, "seed": seed, **named}
    three = three_table(known, default, **options)
    predict = predict_table(
        known, default, indicator=indicator, top=top, keep_fixed=keep_fixed, **options
    )
    tables = [three, predict, decisions_table(every, default, **named)]
    text = "\n".join(table.markdown() for table in tables)
    write_text(outputs["table"], text)
    write_text(outputs["three"], three.markdown())
    write_records(outputs["csv"], rows_of(every), COLUMNS)
