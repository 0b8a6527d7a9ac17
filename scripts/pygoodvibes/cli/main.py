"""The command `pygoodvibes`."""

import argparse
import os
import sys

from pygoodvibes.cli import check_submission as check_submission_command
from pygoodvibes.cli import drift as drift_command
from pygoodvibes.cli import fit as fit_command
from pygoodvibes.cli import official as official_command
from pygoodvibes.cli import score as score_command
from pygoodvibes.cli import score_arguments
from pygoodvibes.cli import serve as serve_command
from pygoodvibes.cli import sign as sign_command
from pygoodvibes.cli import years as years_command
from pygoodvibes.cli.help import Paragraphs, argparse_in, asked_for, translate
from pygoodvibes.cli.lines import SPOKEN, said
from pygoodvibes.cli.options import add_language
from pygoodvibes.cli.project import check, compare, pdf, prune, report_path, set_keys, show, study
from pygoodvibes.config.read import read_content
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.language import ENGLISH, language_of, languages, wanted_language
from pygoodvibes.util.messages import message, printable
from pygoodvibes.util.paths import NOT_UTF8


def fit(path: str, **options) -> int:
    """Run `fit`; return its exit code."""
    _one_thread()
    return fit_command.run(path, read_content=read_content, **options)


def score(path: list[str], **options) -> int:
    """Run `score`; return its exit code."""
    _one_thread()
    return score_command.run(path, **options)


def drift(path: str, **options) -> int:
    """Run `drift`; return its exit code."""
    _one_thread()
    return drift_command.run(path, **options)


def serve(path: list[str], **options) -> int:
    """Run `serve`; return its exit code."""
    _one_thread()
    return serve_command.run(path, **options)


def sign(path: list[str], **options) -> int:
    """Run `sign`; return its exit code."""
    return sign_command.run(path, **options)


def official(path: str, **options) -> int:
    """Compute the official score of a year of DCASE Task 2 from a folder of score files."""
    return official_command.run(path, **options)


def check_submission(path: str, **options) -> int:
    """Check the files for a year of DCASE Task 2 before they are handed in."""
    return check_submission_command.run(path, **options)


def years(path: str, **options) -> int:
    """Set the official scores of all years that were run beside published ones."""
    return years_command.run(path, **options)


def _one_thread() -> None:
    """Let NumPy's libraries use one thread a process, as in the workflow: the same digits."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


COMMANDS = {
    "fit": (fit, message("Learn what is normal from a folder of recordings: a model file.")),
    "score": (
        score,
        message("Score recordings with model files, and say whether they are normal."),
    ),
    "drift": (
        drift,
        message(
            "Tell whether clips have changed for good since the fit: a control chart of their "
            "scores."
        ),
    ),
    "serve": (
        serve,
        message("Answer over HTTP: clips are posted, verdicts of model files come back as JSON."),
    ),
    "sign": (sign, message("Sign model files, so that others can tell who made them.")),
    "set": (set_keys, set_keys.__doc__),
    "official": (official, official.__doc__),
    "check-submission": (check_submission, check_submission.__doc__),
    "years": (years, years.__doc__),
    "check": (check, check.__doc__),
    "show": (show, show.__doc__),
    "report-path": (report_path, report_path.__doc__),
    "pdf": (pdf, pdf.__doc__),
    "compare": (compare, compare.__doc__),
    "study": (study, study.__doc__),
    "prune": (prune, prune.__doc__),
}
"""Functions by name, and what they do. What runs a machine is translated; what runs experiments is
not, nor are their tables."""


SERVE = ("fastapi", "paho", "prometheus_client", "uvicorn")
"""Packages of the extra `serve`; those of `workflow` are many."""

SET_EXAMPLES = """\
examples:
  pygoodvibes set config/config.yaml detectors.lof.n_neighbors=5
  pygoodvibes set my.yaml mel.n_mels=64 threshold.false_alarm_rate=0.05
  pygoodvibes set my.yaml "dataset.machines.fan=['00']" detectors.knn={}

Entries of lists are named by their place from 0, by what they are, or by their `name`. A key that
isn't there is added. Comments, order and quotes stay. What would make the config wrong is refused,
and nothing is written.
"""


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    """Tell a command what may stand behind it."""
    own = {
        "fit": fit_command,
        "score": score_arguments,
        "drift": drift_command,
        "serve": serve_command,
        "sign": sign_command,
        "official": official_command,
        "check-submission": check_submission_command,
        "years": years_command,
    }
    if name in own:
        own[name].add_arguments(command)
        return
    if name == "study":
        command.add_argument("path", metavar="study", help="e.g. config/studies/lof.yaml")
        command.add_argument("--config", default="config/config.yaml", help="config file")
        command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="jobs at a time")
        return
    if name == "prune":
        command.add_argument(
            "path", metavar="resources", nargs="?", default="resources", help="what is in use"
        )
        command.add_argument(
            "--keep-days", type=float, default=7.0, help="keep what was used within so many days"
        )
        command.add_argument("--max-gb", type=float, help="stop at this size of the folder")
        return
    if name == "set":
        command.epilog = SET_EXAMPLES
        command.formatter_class = Paragraphs
        command.add_argument("path", metavar="config", help="config file")
        command.add_argument(
            "changes", metavar="KEY=VALUE", nargs="+", help="keys between points; a value in YAML"
        )
        return
    command.add_argument(
        "path", metavar="config", nargs="?", default="config/config.yaml", help="config file"
    )
    if name == "check":
        command.add_argument(
            "--cache", action="store_true", help="also read all that was computed, for damage"
        )
    if name == "show":
        command.add_argument(
            "--table", action="store_true", help="all detectors and machine types instead"
        )
    if name == "pdf":
        command.add_argument(
            "--tables",
            action="store_true",
            help="also all tables, how they were computed, and the config",
        )
    if name == "compare":
        command.add_argument(
            "--sort",
            default="auc",
            help="auc, pauc, difference, pauc_difference, or a machine type",
        )
        command.add_argument(
            "--all-commits",
            action="store_true",
            help="also the experiments of other commits than the last",
        )


class _Version(argparse.Action):
    """Looks for the version when it is asked for: that takes longer than most arguments."""

    def __call__(self, parser: argparse.ArgumentParser, *_) -> None:
        import importlib.metadata

        try:
            version = importlib.metadata.version("pygoodvibes")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        print(f"pygoodvibes {version}")
        parser.exit()


class _Completion(argparse.Action):
    """Prints what a shell needs to complete commands and options."""

    def __call__(self, parser: argparse.ArgumentParser, _, shell: str, *__) -> None:
        import shtab

        print(shtab.complete(parser, shell=shell))
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        "pygoodvibes",
        description=message(
            "Learns how a machine sounds in good health, and says which recordings sound otherwise."
        ),
    )
    parser.add_argument(
        "--version",
        action=_Version,
        nargs=0,
        default=argparse.SUPPRESS,
        help=message("say which version this is"),
    )
    parser.add_argument(
        "--completion",
        action=_Completion,
        choices=("bash", "zsh", "tcsh"),
        default=argparse.SUPPRESS,
        help=message(
            'print what a shell completes commands with: eval "$(pygoodvibes --completion bash)"'
        ),
    )
    add_language(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar=message("COMMAND"))
    for name, (_, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what)
        _add_arguments(name, command)
        add_language(command)
    return parser


def _read(arguments: list[str]) -> dict:
    """Read arguments, in the language that is spoken; leave with what is wrong, or with help."""
    with argparse_in(SPOKEN.get()):
        parser = build_parser()
        if SPOKEN.get() is not ENGLISH:
            translate(parser, SPOKEN.get())
        parsed, rest = parser.parse_known_args(arguments)
        options = vars(parsed)
        # argparse takes several names at one place only; options may stand between them
        named = [text for text in rest if text == "-" or not text.startswith("-")]
        if options["command"] != "score" or named != rest:
            parser.parse_args(arguments)
        else:
            options["path"] += rest
    del options["lang"]
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = asked_for(arguments)
    language = asked if asked in languages() else wanted_language(os.environ)
    SPOKEN.set(language_of(language))
    options = _read(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        # a name that the terminal has no characters for is no reason to stop
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        run, _ = COMMANDS[options.pop("command")]
        code = run(options.pop("path"), **options) or 0
        sys.stdout.flush()  # here, where a full disk is one sentence
        return code
    except UserError as error:
        print(said(message("Error: {error}", error=error)), file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "pygoodvibes":
            raise
        missing = message(
            "Error: this takes the package {package}, which is not installed: "
            "pip install 'pygoodvibes[{extra}]'",
            package=package,
            extra="serve" if package in SERVE else "workflow",
        )
        print(said(missing), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1  # who reads the output has seen enough
    except UnicodeEncodeError as error:
        print(f"Error: {printable(error.object)}: {NOT_UTF8}", file=sys.stderr)
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        print(f"Error: {printable(f'{named}{error.strerror or error}')}", file=sys.stderr)
        return 1
    finally:
        _drop_what_is_left()


def _drop_what_is_left() -> None:
    """Forget what standard output takes no more, or Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
