"""The command `pygoodvibes drift`: the control chart of recordings, or of a log of their scores."""

import argparse
import sys
from collections.abc import Sequence

from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.cli.lines import show
from pygoodvibes.cli.options import add_jobs, add_run_length
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

UNMOVED, MOVED, UNTOLD = 0, 3, 4
"""Exit codes; 1 is an error, 2 wrong usage."""

EPILOG = message(
    """\
examples:
  pygoodvibes drift pump.pgv june/                      score recordings, in order of time
  pygoodvibes drift pump.pgv log.csv --figure a.png     scores of `score --watch --csv log.csv`
  pygoodvibes drift pump.pgv june/ --order name         names hold the date

Whether clips have changed for good is told by a control chart: an EWMA (weight 0.1) of the places
of their scores among the held-out scores of the model and the clips before. It leaves its limits
once in 500 clips by chance (--run-length). So one odd clip is no drift, and a small change that
stays is one. If the level or anything else of the recording has changed with the scores, that is
told: look at the microphone first. `score --watch` draws the same chart as recordings arrive.

Clips stand in order of time: when their files were last changed, which a log has in its column
`time`. Copies may have lost that; then --order name goes by names (2 stands before 10), and --order
given by the lines of a log. Clips without a score, of another length, or that the model has learned
are left out, and so are those of a log that another model has scored.

exit code: 0 nothing has changed at the end; 3 something has; 4 too few clips to tell; 1 an error;
2 wrong usage.
"""
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument("path", metavar="MODEL", help=message("a model (.pgv)"))
    parser.add_argument(
        "places",
        metavar="CLIPS_OR_LOG",
        nargs="+",
        help=message("recordings, folders, or files of scores (.csv, .json)"),
    )
    parser.add_argument(
        "--verify",
        metavar="KEY.pub",
        help=message("take only a model signed with this key (sign --help)"),
    )
    parser.add_argument("--detector", metavar="NAME", help=message("default: the model's first"))
    parser.add_argument(
        "--order",
        choices=("time", "name", "given"),
        help=message("of clips (default: time, if the times can be those of recordings)"),
    )
    parser.add_argument(
        "--csv", metavar="FILE", help=message("write scores and chart, a line a clip")
    )
    parser.add_argument("--figure", metavar="FILE.png", help=message("draw the chart"))
    add_run_length(parser)
    add_jobs(parser)


def run(
    path: str,
    *,
    places: Sequence[str],
    verify: str | None,
    detector: str | None,
    order: str | None,
    csv: str | None,
    figure: str | None,
    run_length: int,
    jobs: int | None,
) -> int:
    """Say what has changed, and since when; return the exit code.

    Raises
    ------
    UserError
        If the model, a log, or the order of the clips is not what it should be.
    """
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring import score_files
    from pygoodvibes.monitoring.drift import Drift, charted
    from pygoodvibes.monitoring.judge import judge
    from pygoodvibes.monitoring.output import Csv, open_target
    from pygoodvibes.monitoring.score_log import SUFFIXES, in_order, read_log
    from pygoodvibes.util import parallel

    model = machine_model.load(path, verify_with=verify)
    judging = judge(model, detector=detector)
    drift = Drift(model, judging, run_length=run_length)
    logs = [place for place in places if place.lower().endswith(SUFFIXES)]
    clips = score_files.expand(place for place in places if place not in logs)
    logged = [record for log in logs for record in read_log(log)]
    mine = drift.own(logged)
    panel = score_files.Panel([model], [judging])
    scored = score_files.score_clips(panel, clips, jobs=jobs or parallel.cores())
    records = charted(drift, in_order([*mine, *(record for [record] in scored)], order))
    if not records:
        raise UserError(
            "{log}: no clip in it was scored by {path} as it is now; score the recordings again",
            log=logs[0],
            path=path,
        )
    others = len(logged) - len(mine)
    show(*_said(records, drift, model.name, order=order, others=others), file=sys.stdout)
    if csv is not None:
        file, _ = open_target(csv)
        with file:
            rows = Csv(file)
            for record in records:
                rows.write(record)
    if figure is not None:
        _draw(records, drift, model.name, figure, run_length=run_length)
    if drift.found:
        return MOVED
    return UNMOVED if _charted(records) else UNTOLD


def _charted(records: Sequence) -> int:
    return sum(record.ewma is not None for record in records)


def _said(records: Sequence, drift, name: str, *, order: str | None, others: int) -> list[Message]:
    """Return what to say: of which clips, in which order, what has changed."""
    by_time = message("when their files were last changed")
    by = {"name": message("by name"), "given": message("as given")}.get(order, by_time)
    charted = _charted(records)
    lines = [
        message(
            "{name}: {clips} clip(s) in order ({by}), {charted} on the chart",
            name=name,
            clips=len(records),
            by=by,
            charted=charted,
        )
    ]
    if others:
        passed = message(
            "  {count} line(s) passed over: scored by another model or fit", count=others
        )
        lines.append(passed)
    lines += [
        message("  {path}: {reason}", path=record.clip, reason=record.drift)
        for record in records
        if record.drift
    ]
    if drift.needs:
        lines.append(drift.needs)
    elif not charted:
        lines.append(
            message("no clip can be compared: the file of scores has the reasons (--csv FILE)")
        )
    elif not drift.found:
        lines.append(message("nothing has changed at the end: scores are as those of normal clips"))
    return lines


def _draw(records: Sequence, drift, name: str, path: str, *, run_length: int) -> None:
    import pandas as pd

    from pygoodvibes.figures import style
    from pygoodvibes.figures.control_chart import plot_control_chart

    columns = ("clip", "time", "score", "threshold", "verdict", "ewma", "level", "drift")
    table = pd.DataFrame([{key: getattr(each, key) for key in columns} for each in records])
    limits = {"limit": drift.scores.limit, "run_length": run_length}
    style.save(plot_control_chart(table, **limits, title_suffix=name), path)
