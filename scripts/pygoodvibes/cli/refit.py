"""`pygoodvibes fit --add` and `--exclude`: a model file is fitted again, and what moved is told."""

import pathlib
import sys
from collections.abc import Callable, Iterator, Sequence

from pygoodvibes.cli.lines import show
from pygoodvibes.cli.told import how_sure, note, of_detector, write_held_out, written
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import BY_COMMAS, Message, joined, message

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
    held_out: str | None,
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
    held_out : str or None
        Where the held-out scores are written, too, as CSV.

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
    show(written(path, size), file=sys.stdout)
    if held_out is not None:
        write_held_out(held_out, again)
    if pathlib.Path(f"{path}{signature.ENDING}").is_file():
        file = f"{path}{signature.ENDING}"
        old = message("{file} is of the earlier model: sign again", file=file)
        show(note(old), file=sys.stdout)
    return again.model


def report(before, again) -> list[Message]:
    """Say what was learned or left out, and how the thresholds moved, line by line.

    Parameters
    ----------
    before : MachineModel
        The model as it was.
    again : Refit
        From `pygoodvibes.monitoring.refit.refit`.
    """
    from pygoodvibes.monitoring import certainty, held_out_scores
    from pygoodvibes.monitoring.judge import judge

    model = again.model
    used = sum(row["status"] == "ok" for row in again.rows)
    out = before.training["clips"] + used - model.training["clips"]
    earlier = message("{count} clips", count=before.training["clips"])
    if "window" in model.training:
        earlier = message("{count} windows", count=before.training["clips"])
    lines = [
        message(
            "{name}: {earlier}, {added} added, {out} excluded: {now}",
            name=model.name,
            earlier=earlier,
            added=used,
            out=out,
            now=model.training["clips"],
        )
    ]
    lines += _left_out([row for row in again.rows if row["status"] != "ok"])
    named = again.excluded[:_MOST_NAMED]
    lines += [message("  excluded {path}", path=path) for path in named]
    if len(again.excluded) > _MOST_NAMED:
        lines.append(message("  and {more} more", more=len(again.excluded) - _MOST_NAMED))
    lines += [note(text) for text in again.notes]
    for name, moved in again.moved.items():
        judging = judge(model, detector=name)
        lines.append(
            message(
                "{name}: threshold {before:.4g} -> {after:.4g} for a false-alarm rate of {rate:g}",
                name=name,
                before=moved.before,
                after=moved.after,
                rate=judging.false_alarm_rate,
            )
        )
        if moved.new:
            new = message("{count} new clips", count=moved.new)
            if "window" in model.training:
                new = message("{count} new windows", count=moved.new)
            lines.append(
                message(
                    "{name}: of the {new} the earlier fit found {before} above its threshold, fits "
                    "that have not seen them find {after} above the new one",
                    name=name,
                    new=new,
                    before=moved.new_above_before,
                    after=moved.new_above_after,
                )
            )
        if far := held_out_scores.far_above(model, judging, again.clips):
            lines.append(note(of_detector(name, far)))
        sure = certainty.of(model, judging)
        if not sure.meaningless:  # said as a warning
            lines.append(how_sure(name, sure))
    lines += _history(model)
    return lines


def _left_out(rows: Sequence) -> Iterator[Message]:
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row["status"], []).append(row["path"])
    for reason, paths in by_reason.items():
        named = paths[0] if len(paths) == 1 else f"{paths[0]} ... {paths[-1]} ({len(paths)})"
        yield message("  not added: {named}: {reason}", named=named, reason=reason)


def _history(model) -> list[Message]:
    changes = list(model.kept.history) if model.kept else []
    lines = [
        message(
            "  {when}: {before} -> {after} ({recordings})",
            when=entry["when"],
            before=entry["clips"][0],
            after=entry["clips"][1],
            recordings=_recordings(entry),
        )
        for entry in changes[-_MOST_CHANGES:]
    ]
    if len(changes) > _MOST_CHANGES:
        earlier = len(changes) - _MOST_CHANGES
        lines.insert(0, message("  {count} earlier changes", count=earlier))
    return [message("History:"), *lines] if lines else []


def _recordings(entry) -> Message:
    parts = []
    if entry["added"]:
        parts.append(message("{count} recording(s) added", count=len(entry["added"])))
    if entry["excluded"]:
        parts.append(message("{count} recording(s) excluded", count=len(entry["excluded"])))
    return joined(parts, BY_COMMAS)
