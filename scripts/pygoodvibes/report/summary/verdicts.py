"""Metrics in plain words: how well a machine is watched, and how sure that is.

A verdict follows from the interval of the AUC alone, not from the AUC: a good number from few clips
is no good verdict. Shares are told as counts of a hundred.

References
----------
Wilson (1927), Probable inference, the law of succession, and statistical inference.
Gigerenzer and Hoffrage (1995), How to improve Bayesian reasoning without instruction: frequency
formats.
"""

import dataclasses
from collections.abc import Mapping

from pygoodvibes.report.words import number
from pygoodvibes.util.messages import message

WELL = 0.9
"""A machine is watched well if the whole interval of its AUC lies at or above this."""

CHANCE = 0.5
"""If the interval reaches down to this, guessing would perhaps do as well."""

LEAST_CLIPS = 10
"""With fewer normal or fewer anomalous test clips there is no verdict: the bootstrap resamples the
clips that there are, and can't know of the faults that aren't among them."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A class of machine IDs.

    Attributes
    ----------
    key : str
        Name in stylesheets.
    sign : str
        One character that differs in shape, not in colour only.
    words : str
        What it is called.
    one, several : str
        The same of one machine and of several, with `which` in braces for their name or number.
    meaning : str
        When a machine ID is in it.
    """

    key: str
    sign: str
    words: str
    one: str
    several: str
    meaning: str


VERDICTS = {
    verdict.key: verdict
    for verdict in (
        Verdict(
            "well",
            "\N{HEAVY CHECK MARK}",
            message("watched well"),
            message("{which} is watched well"),
            message("{which} are watched well"),
            message(
                "even the lower end of the interval is at least {share:.0f} of 100 pairs",
                share=100 * WELL,
            ),
        ),
        Verdict(
            "partly",
            "\N{CIRCLE WITH LEFT HALF BLACK}",
            message("watched in part"),
            message("{which} is watched in part"),
            message("{which} are watched in part"),
            message(
                "the whole interval is better than chance, but it begins below {share:.0f} of 100 "
                "pairs: some faults sound normal",
                share=100 * WELL,
            ),
        ),
        Verdict(
            "chance",
            "\N{HEAVY MULTIPLICATION X}",
            message("perhaps no better than chance"),
            message("{which} is perhaps no better watched than by chance"),
            message("{which} are perhaps no better watched than by chance"),
            message(
                "the interval reaches down to {share:.0f} of 100 pairs, what guessing gives",
                share=100 * CHANCE,
            ),
        ),
        Verdict(
            "few",
            "?",
            message("too few clips to tell"),
            message("{which} is tested on too few clips to tell"),
            message("{which} are tested on too few clips to tell"),
            message(
                "fewer than {least} normal or {least} anomalous test clips, or no interval was "
                "computed",
                least=LEAST_CLIPS,
            ),
        ),
        Verdict(
            "untested",
            "\N{WHITE CIRCLE}",
            message("watched, not tested"),
            message("{which} is watched but not tested"),
            message("{which} are watched but not tested"),
            message(
                "clips get a score, but without both normal and anomalous test clips of known "
                "label nobody knows how good it is"
            ),
        ),
        Verdict(
            "unwatched",
            "\N{EN DASH}",
            message("not watched"),
            message("{which} is not watched at all"),
            message("{which} are not watched at all"),
            message("no detector could be fitted: too few usable normal clips to learn from"),
        ),
    )
}
"""All verdicts by key, from the best to what can't be judged."""


def verdict(row: Mapping) -> Verdict:
    """Judge one machine ID.

    Parameters
    ----------
    row : mapping
        Its row of metrics.csv for one detector, values as text.

    Returns
    -------
    Verdict
        One of `VERDICTS`.
    """
    if number(row["threshold"]) is None and number(row["auc"]) is None:
        return VERDICTS["unwatched"]
    if number(row["auc"]) is None:
        return VERDICTS["untested"]
    low = number(row["auc_low"])
    if low is None or min(int(row["n_test_normal"]), int(row["n_test_anomaly"])) < LEAST_CLIPS:
        return VERDICTS["few"]
    if low >= WELL:
        return VERDICTS["well"]
    return VERDICTS["chance"] if low <= CHANCE else VERDICTS["partly"]


def right_alarms(sensitivity: float, false_alarm_rate: float, *, faults: float) -> float | None:
    """Return the share of alarms that are right where faults are as rare as said.

    Parameters
    ----------
    sensitivity, false_alarm_rate : float
        Shares of the anomalous and of the normal clips above the threshold.
    faults : float
        Share of anomalous clips among all.

    Returns
    -------
    float or None
        By Bayes' theorem; None if there is no alarm at all.
    """
    right, wrong = sensitivity * faults, false_alarm_rate * (1 - faults)
    return right / (right + wrong) if right + wrong else None
