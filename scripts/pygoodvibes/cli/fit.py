"""The command `pygoodvibes fit`: a folder of normal recordings becomes a model file."""

import argparse
import contextlib
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Sequence

from pygoodvibes.cli.fit_report import meaningless, report
from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.cli.lines import said, show
from pygoodvibes.cli.options import add_jobs, duration, share
from pygoodvibes.cli.told import write_held_out
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, joined, message

EPILOG = message(
    """\
examples:
  pygoodvibes fit recordings/pump                       learn; the model is pump.pgv
  pygoodvibes fit recordings/pump -o models/pump-3.pgv --machine pump-3
  pygoodvibes fit data/fan --id 00                      one machine ID of several
  pygoodvibes fit recordings/pump --false-alarm-rate 0.01
  pygoodvibes fit recordings/pump --config my.yaml --detectors all
  pygoodvibes fit night.wav --window 10                 windows of one long recording
  pygoodvibes fit pump.pgv --add june/                  learn new normal recordings, too
  pygoodvibes fit pump.pgv --exclude may/003.wav        fit again without a recording
  pygoodvibes fit may/ --held-out scores.csv            which recordings set the threshold

The folder holds recordings of the machine in good health, in any layout and at any depth (.wav,
.flac, .ogg, .mp3, ...). What is anomalous or a test clip by its DCASE or MIMII name is left out,
and so is what can't be read, each with its reason. If a name speaks of a fault, in English, French
or German, or if recordings lie far apart from the others, `fit` asks before it learns them (--yes:
all are normal); without a terminal to ask on it stops. A fault that is learned is never told again.

Clips of one length are best; some 50 are a good start. 3 are the least to fit a model at all, 9 the
least for a verdict at a false-alarm rate of 0.1. A dozen rank new clips, but don't decide which are
anomalous: the threshold is then a guess, and `fit` says how far off it may be. If a clip or two
alone set it, `fit` names them; --held-out writes the scores of all. Set the threshold by hand when
clips are scored (score --threshold), or say how many false alarms are acceptable
(--false-alarm-rate).

--window cuts recordings, which may then have any length, into windows; each is a training clip.
Windows of one recording are alike, and are held out together when the threshold is set; if more
than a third of all windows are of one recording, it is held out in stretches of time.

--add and --exclude take a model in place of the folder, and fit it again: to what it has learned
and the new normal recordings, or without some. The model keeps what that takes, but no sound; a
detector that sees log-mel frames needs all recordings again. What the model has learned already is
passed over. The model's file is written anew, or another with -o; its settings stay, except for
--false-alarm-rate. New recordings that the model calls anomalous are named and asked about.

exit code: 0 done; 4 done, but the threshold means nothing (the warning says why): the model's
scores rank clips, its verdicts are worth nothing, and it may never alarm; 1 an error; 2 wrong
usage.
"""
)

FITTED, MEANINGLESS = 0, 4
"""Exit codes; 1 is an error, 2 wrong usage. A model whose threshold means nothing is written, for
its scores rank clips and take a threshold by hand; but a script that goes on with it as if it
watched the machine must stop here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument(
        "path",
        metavar="FOLDER",
        help=message(
            "normal recordings of one machine; with --window also a single recording; with --add "
            "or --exclude a model"
        ),
    )
    # taken to be refused with a sentence
    parser.add_argument("more", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument(
        "-o",
        "--output",
        metavar="MODEL",
        help=message("model file, .pgv (default: named after the machine)"),
    )
    parser.add_argument(
        "--config",
        metavar="CONFIG",
        help=message(
            "settings as the workflow's config; without it the defaults, and the recordings' own "
            "sample rate"
        ),
    )
    parser.add_argument("--machine", metavar="NAME", help=message("name of the machine"))
    parser.add_argument(
        "--id", metavar="ID", help=message("only recordings named after this machine ID")
    )
    parser.add_argument(
        "--detectors",
        metavar="NAMES",
        help=message(
            "'all', or names between commas (default: the first of the config, fusion without "
            "one); the first is the model's default"
        ),
    )
    parser.add_argument(
        "--false-alarm-rate",
        metavar="R",
        type=share,
        help=message(
            "share of normal clips expected above the threshold (default: 0.1, or the config's); "
            "can be changed when clips are scored"
        ),
    )
    parser.add_argument(
        "--window",
        metavar="SECONDS",
        type=duration,
        help=message(
            "cut recordings into windows of this length; scoring with --hop or --alarm then does "
            "so by default"
        ),
    )
    parser.add_argument(
        "--hop",
        metavar="SECONDS",
        type=duration,
        help=message("from window to window (default: the length of a window)"),
    )
    parser.add_argument(
        "--add",
        metavar="NEW_FOLDER",
        help=message("fit a model again to what it has learned and these normal recordings"),
    )
    parser.add_argument(
        "--exclude",
        metavar="CLIP",
        nargs="+",
        default=[],
        help=message("fit a model again without these recordings, by path, name, or file"),
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help=message(
            "learn all recordings, whatever their names say and however far apart they lie"
        ),
    )
    parser.add_argument(
        "--held-out",
        metavar="FILE",
        help=message("write the held-out score of each training clip as CSV, the highest first"),
    )
    add_jobs(parser)


def run(
    folder: str,
    *,
    more: Sequence[str] = (),
    read_content: Callable[[str], dict],
    output: str | None,
    config: str | None,
    machine: str | None,
    id: str | None,
    detectors: str | None,
    false_alarm_rate: float | None,
    window: float | None,
    hop: float | None,
    add: str | None,
    exclude: Sequence[str],
    yes: bool,
    held_out: str | None,
    jobs: int | None,
) -> int:
    """Fit a model to a folder of normal recordings, or again; return the exit code."""
    if more:
        raise UserError(
            "a model learns one machine, from one folder, and {more} is another: put its "
            "recordings into {folder}, or fit a model to each",
            more=more[0],
            folder=folder,
        )
    if held_out is not None:
        from pygoodvibes.monitoring.output import check_target

        if held_out == "-":
            raise UserError("--held-out -: name a file; standard output tells of the fit")
        check_target(held_out)
    if add is not None or exclude:
        from pygoodvibes.cli import refit as refit_command

        fixed = {
            "--config": config,
            "--machine": machine,
            "--detectors": detectors,
            "--window": window,
            "--hop": hop,
        }
        given = [option for option, value in fixed.items() if value is not None]
        if given:
            raise UserError(
                "{option} goes with a new fit: --add and --exclude leave a model its settings",
                option=given[0],
            )
        path = pathlib.Path(output or folder)
        check_output(output)
        model = refit_command.run(
            folder,
            path,
            add=add,
            exclude=exclude,
            machine_id=id,
            false_alarm_rate=false_alarm_rate,
            held_out=held_out,
            jobs=jobs,
            doubt=None if yes else ask,
        )
        return _warned(model)
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring.fit_folder import fit_folder
    from pygoodvibes.util import parallel

    if pathlib.Path(folder).suffix.lower() == machine_model.ENDING:
        raise UserError(
            "{path}: a model, and not a folder of recordings; let it learn more with --add "
            "FOLDER, or less with --exclude CLIP",
            path=folder,
        )
    check_output(output)
    fit = fit_folder(
        folder,
        read_content(config) if config else {},
        config_name=config or "defaults",
        machine=machine,
        machine_id=id,
        detectors=detectors,
        false_alarm_rate=false_alarm_rate,
        window=window,
        hop=hop,
        jobs=jobs or parallel.cores(),
        doubt=None if yes else ask,
    )
    path = pathlib.Path(output or f"{fit.model.name}{machine_model.ENDING}")
    if output is None:
        check_replaced(path, fit.model)
    size = machine_model.save(path, fit.model)
    show(*report(fit, path, size), file=sys.stdout)
    if held_out is not None:
        write_held_out(held_out, fit)
    following = message(
        "Now: pygoodvibes score {path} FILES_OR_FOLDERS...", path=shlex.quote(str(path))
    )
    show(following, file=sys.stdout)
    return _warned(fit.model)


def _warned(model) -> int:
    """Say if verdicts of a model mean nothing; return the exit code."""
    warnings = meaningless(model)
    for warning in warnings:
        show(message("Warning: {warning}", warning=warning), file=sys.stderr)
    return MEANINGLESS if warnings else FITTED


YES = ("y", "yes", "o", "oui", "j", "ja")
"""Answers that let a fit go on, in English, French and German."""


def ask(doubts: Sequence[Message]) -> None:
    """Ask whether all recordings are to be learned although something speaks against it.

    Parameters
    ----------
    doubts : sequence of Message
        What speaks against it.

    Raises
    ------
    UserError
        If the answer isn't yes, or there is no terminal to ask on.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(
            "{doubts}; a model learns from normal recordings only: move the others elsewhere, or "
            "say --yes if all are normal",
            doubts=joined(doubts),
        )
    for doubt in doubts:
        show(doubt, file=sys.stderr)
    question = said(message("Are all of them normal? Learn them? [y/N] "))
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in YES:
        raise UserError("no model is written: move what is not normal elsewhere, and fit again")


def check_output(path: str | None) -> None:
    """Refuse a model's file, before anything is fitted, that can't or must not be written.

    Parameters
    ----------
    path : str or None
        Its name; None if it is named after the machine, in this folder.

    Raises
    ------
    UserError
        If its name doesn't end in .pgv, or its folder is not there or can't be written to.
    """
    from pygoodvibes.models import machine_model

    if path is None:
        if not os.access(".", os.W_OK):
            raise UserError(
                "no model can be written to this folder ({folder}): name a file elsewhere with -o",
                folder=pathlib.Path.cwd(),
            )
        return
    place = pathlib.Path(path)
    if place.suffix.lower() != machine_model.ENDING:
        raise UserError(
            "-o {path}: the name of a model ends in {ending}",
            path=path,
            ending=machine_model.ENDING,
        )
    if not place.parent.is_dir():
        raise UserError("-o {path}: no such folder ({folder})", path=path, folder=place.parent)
    if not os.access(place.parent, os.W_OK):
        raise UserError(
            "-o {path}: its folder can't be written to ({folder})", path=path, folder=place.parent
        )


def check_replaced(path: pathlib.Path, model) -> None:
    """Refuse to replace a model of other recordings that nobody has named.

    Parameters
    ----------
    path : pathlib.Path
        The file, named after the machine.
    model : MachineModel
        What it is to hold.

    Raises
    ------
    UserError
        If it holds a model that has learned none of the same recordings, or no readable one.
    """
    from pygoodvibes.models import machine_model

    if not path.exists():
        return
    same = False
    with contextlib.suppress(UserError):
        same = bool(_samples_of(machine_model.load(path)) & _samples_of(model))
    if not same:
        raise UserError(
            "{path} is there already and holds no model of these recordings: give this one a name "
            "with -o, or replace that one with -o {path}",
            path=path,
        )


def _samples_of(model) -> set[str]:
    return set(model.training.get("samples_xxh3_128", ()))
