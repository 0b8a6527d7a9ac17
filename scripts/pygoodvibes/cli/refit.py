"""`pygoodvibes fit --add` and `--exclude`: a model file is fitted again, and what moved is told."""

import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence

from pygoodvibes.cli.lines import show
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message

_MOST_NAMED = 5
_MOST_CHANGES = 5


def run(
    source: str,
    path: pathlib.Path,
    *,
    add: str | None,
    exclude: Sequence[str],
    machine_id: str | None,
    false_alarm_rate: float | None,
    jobs: int | None,
    doubt: Callable[[Sequence[Message]], object] | None,
):
    """Fit a model again and write it; return the new one.

    Parameters
    ----------
    source, path : path
        The model's file, and the one to write.
    add, exclude, machine_id, false_alarm_rate, jobs, doubt
        As in `pygoodvibes.monitoring.refit.refit`.

    Raises
    ------
    UserError
        If the model can't be read, fitted again or written.
    """
    from pygoodvibes.models import machine_model, signature
    from pygoodvibes.monitoring.refit import refit
    from pygoodvibes.util import parallel

    if pathlib.Path(source).is_dir():
        raise UserError(
            "{path}: a folder; --add and --exclude fit a model (.pgv) again: name it first",
            path=source,
        )
    before = machine_model.load(source)
    again = refit(
        before,
        add=add,
        exclude=exclude,
        machine_id=machine_id,
        false_alarm_rate=false_alarm_rate,
        jobs=jobs or parallel.cores(),
        doubt=doubt,
    )
    size = machine_model.save(path, again.model)
    show(*report(before, again), file=sys.stdout)
    show(f"Model: {path} ({size / 1e6:.1f} MB)", file=sys.stdout)
    if pathlib.Path(f"{path}{signature.ENDING}").is_file():
        show(f"Note: {path}{signature.ENDING} is of the earlier model: sign again", file=sys.stdout)
    return again.model


def report(before, again) -> list[str]:
    """Say what was learned or left out, and how the thresholds moved, line by line.

    Parameters
    ----------
    before : MachineModel
        The model as it was.
    again : Refit
        From `pygoodvibes.monitoring.refit.refit`.
    """
    from pygoodvibes.monitoring import certainty
    from pygoodvibes.monitoring.judge import judge

    model = again.model
    used = sum(row["status"] == "ok" for row in again.rows)
    out = before.training["clips"] + used - model.training["clips"]
    what = "windows" if "window" in model.training else "clips"
    lines = [
        f"{model.name}: {before.training['clips']} {what}, {used} added, {out} excluded: "
        f"{model.training['clips']}"
    ]
    lines += _left_out([row for row in again.rows if row["status"] != "ok"])
    lines += [f"  excluded {path}" for path in again.excluded[:_MOST_NAMED]]
    if len(again.excluded) > _MOST_NAMED:
        lines.append(f"  and {len(again.excluded) - _MOST_NAMED} more")
    lines += [f"Note: {note}" for note in again.notes]
    for name, moved in again.moved.items():
        judging = judge(model, detector=name)
        lines.append(
            f"{name}: threshold {moved.before:.4g} -> {moved.after:.4g} for a false-alarm rate of "
            f"{judging.false_alarm_rate:g}"
        )
        if moved.new:
            lines.append(
                f"{name}: of the {moved.new} new {what} the earlier fit found "
                f"{moved.new_above_before} above its threshold, fits that have not seen them find "
                f"{moved.new_above_after} above the new one"
            )
        sure = certainty.of(model, judging)
        if not sure.meaningless:  # said as a warning
            lines.append(f"{'Note: ' * sure.loose}{name}: {sure.caution or sure.interval}")
    lines += _history(model)
    return lines


def _left_out(rows: Sequence) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row["status"], []).append(row["path"])
    for reason, paths in by_reason.items():
        named = paths[0] if len(paths) == 1 else f"{paths[0]} ... {paths[-1]} ({len(paths)})"
        yield f"  not added: {named}: {reason}"


def _history(model) -> list[str]:
    changes = list(model.kept.history) if model.kept else []
    lines = [
        f"  {entry['when']}: {entry['clips'][0]} -> {entry['clips'][1]} {_recordings(entry)}"
        for entry in changes[-_MOST_CHANGES:]
    ]
    if len(changes) > _MOST_CHANGES:
        lines.insert(0, f"  {len(changes) - _MOST_CHANGES} earlier changes")
    return ["History:", *lines] if lines else []


def _recordings(entry) -> str:
    parts = [
        f"{len(entry[what])} recording(s) {what}" for what in ("added", "excluded") if entry[what]
    ]
    return f"({', '.join(parts)})"
