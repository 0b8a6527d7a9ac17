"""The command `pygoodvibes fit`: a folder of normal recordings becomes a model file."""

import argparse
import pathlib
from collections.abc import Callable, Mapping, Sequence

from pygoodvibes.errors import UserError

EPILOG = """\
examples:
  pygoodvibes fit recordings/pump                       learn; the model is pump.pgv
  pygoodvibes fit recordings/pump -o models/pump-3.pgv --machine pump-3
  pygoodvibes fit data/fan --id 00                      one machine ID of several
  pygoodvibes fit recordings/pump --false-alarm-rate 0.01
  pygoodvibes fit recordings/pump --config my.yaml --detectors all

The folder holds recordings of the machine in good health, in any layout and at any depth (.wav,
.flac, .ogg, .mp3, ...). What is anomalous or a test clip by its DCASE or MIMII name is left out,
and so is what can't be read, each with its reason. Clips of one length are best; some 50 are a
good start, 3 are the least. Exit code: 0 done, 1 an error, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("path", metavar="FOLDER", help="normal recordings of one machine")
    parser.add_argument(
        "-o",
        "--output",
        metavar="MODEL",
        help="model file, .pgv (default: named after the machine)",
    )
    parser.add_argument(
        "--config",
        metavar="CONFIG",
        help="settings as the workflow's config; without it the defaults, and the recordings' own "
        "sample rate",
    )
    parser.add_argument("--machine", metavar="NAME", help="name of the machine")
    parser.add_argument("--id", metavar="ID", help="only recordings named after this machine ID")
    parser.add_argument(
        "--detectors",
        metavar="NAMES",
        help="'all', or names between commas (default: the first of the config, fusion without "
        "one); the first is the model's default",
    )
    parser.add_argument(
        "--false-alarm-rate",
        metavar="R",
        type=share,
        help="share of normal clips expected above the threshold (default: 0.1, or the config's); "
        "can be changed when clips are scored",
    )
    add_jobs(parser)


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the option for the number of processes."""
    parser.add_argument(
        "--jobs", metavar="N", type=count, help="processes (default: one a core)", default=None
    )


def share(text: str) -> float:
    """Read a share between 0 and 1, such as 0.05 or 5%."""
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no share such as 0.05 or 5%") from None
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} does not lie between 0 and 1")
    return value


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no whole number") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def run(
    folder: str,
    *,
    read_content: Callable[[str], dict],
    output: str | None,
    config: str | None,
    machine: str | None,
    id: str | None,
    detectors: str | None,
    false_alarm_rate: float | None,
    jobs: int | None,
) -> None:
    """Fit a model to a folder of normal recordings."""
    from pygoodvibes import fitting, machine_model, parallel

    if output is not None:
        check_output(output)
    fit = fitting.fit_folder(
        folder,
        read_content(config) if config else {},
        config_name=config or "defaults",
        machine=machine,
        machine_id=id,
        detectors=detectors,
        false_alarm_rate=false_alarm_rate,
        jobs=jobs or parallel.cores(),
    )
    path = pathlib.Path(output or f"{fit.model.name}{machine_model.ENDING}")
    size = machine_model.save(path, fit.model)
    print("\n".join(report(fit, path, size)))


def check_output(path: str) -> None:
    """Refuse a model's file, before anything is fitted, if it would overwrite what is none.

    Raises
    ------
    UserError
        If its name doesn't end in .pgv, or its folder is not there.
    """
    from pygoodvibes import machine_model

    place = pathlib.Path(path)
    if place.suffix.lower() != machine_model.ENDING:
        raise UserError(f"-o {path}: the name of a model ends in {machine_model.ENDING}")
    if not place.parent.is_dir():
        raise UserError(f"-o {path}: no such folder ({place.parent})")


def report(fit, path: pathlib.Path, size: int) -> list[str]:
    """Say what was learnt, line by line."""
    import numpy as np

    from pygoodvibes import scoring

    model, left_out = fit.model, [row for row in fit.rows if row["status"] != "ok"]
    clips = model.training["clips"]
    lines = [
        f"{model.name}: {clips} recordings, {model.training['seconds']:g} s at "
        f"{model.sample_rate} Hz" + (f"; {len(left_out)} left out:" if left_out else "")
    ]
    lines += _grouped(left_out)
    lines += [f"Note: {note}" for note in fit.notes]
    for name in model.settings["detectors"]:
        lines += [f"Note: {name}: {note}" for note in model.provenance["notes"][name]]
        if name not in model.estimators:
            continue
        judging = scoring.judge(model, detector=name)
        above = int(np.sum(judging.held_out > judging.threshold))
        lines.append(
            f"{name}: threshold {judging.threshold:.4g} for a false-alarm rate of "
            f"{judging.false_alarm_rate:g}; {above} of {len(judging.held_out)} held-out recordings "
            f"lie above it (median {np.median(judging.held_out):.4g}, highest "
            f"{judging.held_out[-1]:.4g})"
        )
        if judging.false_alarm_rate * (clips + 1) < 1:
            lines.append(
                f"Note: {clips} recordings can't tell false-alarm rates below 1 in {clips + 1}; "
                "record more"
            )
    lines.append(f"Model: {path} ({size / 1e6:.1f} MB)")
    lines.append(f"Now: pygoodvibes score {path} FILES_OR_FOLDERS...")
    return lines


def _grouped(left_out: Sequence[Mapping]) -> list[str]:
    """List recordings with their reasons; many with the same reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for row in left_out:
        by_reason.setdefault(row["status"], []).append(row["path"])
    lines = []
    for reason, paths in by_reason.items():
        if len(paths) > 5:
            paths = [f"{len(paths)} recordings from {paths[0]} to {paths[-1]}"]
        lines += [f"  {path}: {reason}" for path in paths]
    return lines
