"""What `fit` says of a model: what was learnt, how sure it is, what was left out."""

import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.cli.told import how_sure, note, of_detector, written
from pygoodvibes.util.messages import Message, message


def report(fit, path: pathlib.Path, size: int) -> list[Message]:
    """Say what was learnt, line by line."""
    import numpy as np

    from pygoodvibes.monitoring import certainty, doubts, held_out_scores

    model, left_out = fit.model, [row for row in fit.rows if row["status"] != "ok"]
    clips, training = model.training["clips"], model.training
    windows = "window" in training
    what = message("{count} recordings", count=clips)
    if windows:
        what = message(
            "{count} windows of {window:g} s from {recordings} recording(s)",
            count=clips,
            window=training["window"],
            recordings=training["recordings"],
        )
    lines = [
        message(
            "{name}: {what}, {seconds:g} s at {rate} Hz{out}",
            name=model.name,
            what=what,
            seconds=training["seconds"],
            rate=model.sample_rate,
            out=message("; {count} left out:", count=len(left_out)) if left_out else "",
        )
    ]
    lines += _grouped(left_out)
    lines += _learned(doubts.by_subfolder(fit.rows))
    lines += [note(text) for text in fit.notes]
    for name in model.settings["detectors"]:
        judging = _judging(model, name)
        sure = judging and certainty.of(model, judging)
        caution = sure.caution if sure else ""
        notes = [text for text in model.provenance["notes"][name] if text != caution]
        lines += [note(of_detector(name, text)) for text in notes]
        if not judging:
            continue
        above = int(np.sum(judging.held_out > judging.threshold))
        count = len(judging.held_out)
        held = message("{count} held-out recordings", count=count)
        if windows:
            held = message("{count} held-out windows", count=count)
        lines.append(
            message(
                "{name}: threshold {threshold:.4g} for a false-alarm rate of {rate:g}; {above} of "
                "{held} lie above it (median {median:.4g}, highest {highest:.4g})",
                name=name,
                threshold=judging.threshold,
                rate=judging.false_alarm_rate,
                above=above,
                held=held,
                median=np.median(judging.held_out),
                highest=judging.held_out[-1],
            )
        )
        if far := held_out_scores.far_above(model, judging, fit.clips):
            lines.append(note(of_detector(name, far)))
        if sure.meaningless:
            continue  # said as a warning
        lines.append(how_sure(name, sure))
        if sure.too_few:
            few = message("{count} recordings", count=sure.clips)
            if windows:
                few = message("{count} windows", count=sure.clips)
            cant = message(
                "{few} can't tell false-alarm rates below 1 in {least}: every clip will be "
                "undecided; record more",
                few=few,
                least=sure.clips + 1,
            )
            lines.append(note(cant))
    return [*lines, written(path, size)]


def meaningless(model) -> list[Message]:
    """Say of each detector of a model whose verdicts mean nothing why."""
    from pygoodvibes.monitoring import certainty

    sentences = []
    for name in model.estimators:
        judging = _judging(model, name)
        sure = judging and certainty.of(model, judging)
        if sure is None:
            text = message("this model has no held-out scores, and no threshold")
            sentences.append(of_detector(name, text))
        elif sure.meaningless:
            sentences.append(of_detector(name, sure.caution))
    return sentences


def _judging(model, name: str):
    """Return what judges by a detector; None where there is nothing to set a threshold on."""
    import numpy as np

    from pygoodvibes.monitoring.judge import judge

    if name not in model.estimators or not np.isfinite(model.held_out[name]).any():
        return None
    return judge(model, detector=name)


_MOST_SUBFOLDERS = 12


def _learned(subfolders: Mapping[str, tuple[int, float]]) -> list[str]:
    """Say what is learned from each subfolder; nothing if all lie in one."""
    if len(subfolders) < 2:
        return []
    lines = [
        message(
            "  learned from {folder}/: {recordings} recording(s), {seconds:g} s",
            folder=folder or ".",
            recordings=recordings,
            seconds=seconds,
        )
        for folder, (recordings, seconds) in subfolders.items()
    ]
    more = len(lines) - _MOST_SUBFOLDERS
    if more <= 0:
        return lines
    return [*lines[:_MOST_SUBFOLDERS], message("  and from {more} more subfolders", more=more)]


def _grouped(left_out: Sequence[Mapping]) -> list[str]:
    """List recordings with their reasons; many with the same reason in one line."""
    from pygoodvibes.data.duplicates import is_copy

    by_reason: dict[str, list[str]] = {}
    copies = [row for row in left_out if is_copy(row)]
    for row in left_out:
        # each copy is one of another recording
        together = len(copies) > 5 and is_copy(row)
        reason = message("each the same recording as another") if together else row["status"]
        by_reason.setdefault(reason, []).append(row["path"])
    lines = []
    for reason, paths in by_reason.items():
        if len(paths) > 5:
            span = {"count": len(paths), "first": paths[0], "last": paths[-1]}
            paths = [message("{count} recordings from {first} to {last}", **span)]
        lines += [message("  {path}: {reason}", path=path, reason=reason) for path in paths]
    return lines
