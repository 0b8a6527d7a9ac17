"""Jobs in forks of one process: the only place that reaches into Snakemake's inside.

The imports of a job take longer than its work on most machine IDs. So Snakemake's way to run a
Python script is replaced by a fork of a process that has the libraries already, and its timers,
which look for jobs again after a second, are ended: all but one while jobs run, that one with the
last job. `PYGOODVIBES_FORKS=off` leaves Snakemake as it is; so does, with a notice, a Snakemake
whose inside is not known here.
"""

import atexit
import contextlib
import gc
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from pygoodvibes.workflow.fork_server import AVAILABLE, ForkServer

SWITCH = "PYGOODVIBES_FORKS"
"""Environment variable; 'off': each job starts a Python of its own."""

_ATTRIBUTES = (
    "bench_record",
    "conda_env",
    "container_img",
    "env_modules",
    "resources",
    "rulename",
    "shadow_dir",
)
"""What must be known of a script before it is run in a fork."""


def is_known() -> bool:
    """Tell whether the inside of this Snakemake is the one that is reached into here."""
    try:
        from snakemake.benchmark import benchmarked
        from snakemake.script import PythonScript

        run = list(inspect.signature(PythonScript.execute_script).parameters)
        parameters = inspect.signature(PythonScript.__init__).parameters
        measured = list(inspect.signature(benchmarked).parameters)
    except (ImportError, AttributeError, TypeError, ValueError):
        return False
    return (
        run == ["self", "fname", "edit"]
        and measured[:2] == ["pid", "benchmark_record"]
        and all(name in parameters for name in _ATTRIBUTES)
    )


def start(
    modules: Mapping[str, Sequence[str]],
    libraries: Mapping[str, Sequence[str]],
    *,
    first: Sequence[str],
) -> "Forks | None":
    """Let jobs of this Snakemake run in forks, where that is possible and wished for.

    Parameters
    ----------
    modules, libraries : mapping of str to sequence of str
        By rule: modules of this library, and of other packages, that its script imports. May be
        filled later.
    first : sequence of str
        What the process imports as soon as it starts, as in `ForkServer`.

    Returns
    -------
    Forks or None
        None where jobs start as Snakemake starts them.
    """
    if not AVAILABLE or os.environ.get(SWITCH) == "off":
        return None
    if not is_known():
        import snakemake

        print(
            f"Notice: Snakemake {snakemake.__version__} runs scripts in a way that is not known "
            "here, so each job starts a Python of its own, which takes longer. Results stay the "
            "same.",
            file=sys.stderr,
        )
        return None
    return Forks(modules, libraries, first=first)


class Forks:
    """Jobs in forks, from the reading of the rules to the end of Snakemake.

    Parameters
    ----------
    modules, libraries, first
        As in `start`.
    """

    def __init__(
        self,
        modules: Mapping[str, Sequence[str]],
        libraries: Mapping[str, Sequence[str]],
        *,
        first: Sequence[str],
    ):
        from snakemake.script import PythonScript

        self._modules, self._libraries = modules, libraries
        # Snakemake's own lines at the beginning of each script import the first two; scikit-learn
        # would load pandas only to recognise its tables
        self._server = ForkServer(
            ["snakemake.iocontainers", "snakemake.logging", *first], without=["pandas"]
        )
        atexit.register(self._server.close)
        # else Python would go through all that Snakemake holds once more, for half a second
        atexit.register(gc.freeze)
        self._start_python = PythonScript.execute_script
        PythonScript.execute_script = lambda script, fname, edit=False: self._run(
            script, fname, edit
        )

    def import_all(self) -> None:
        """Let the process import what all rules need, while it has nothing else to do."""
        names = [*self._modules.values(), *self._libraries.values()]
        self._server.import_later(list(dict.fromkeys(name for group in names for name in group)))

    def _run(self, script: object, path: str, edit: bool) -> None:
        """Run the script of a rule, which Snakemake has completed and written to a file."""
        from snakemake.benchmark import benchmarked

        end_timers(but_the_newest=True)
        special = (
            script.container_img,
            script.conda_env,
            script.env_modules,
            script.shadow_dir,
            script.resources.get("shell_exec"),
        )
        if any(special):
            self._start_python(script, path, edit=edit)
            return
        temporary = script.resources.get("tmpdir")
        rule = script.rulename
        running = self._server.start(
            path,
            modules=[*self._modules.get(rule, ()), *self._libraries.get(rule, ())],
            environment={"TMPDIR": str(temporary)} if temporary else {},
        )
        # no record, no thread that watches
        with benchmarked(running.pid if script.bench_record else False, script.bench_record):
            status = running.wait()
        if status:
            raise subprocess.CalledProcessError(status, f"{sys.executable} {path}")


def end_timers(*, but_the_newest: bool = False) -> None:
    """End the timers by which Snakemake looks for jobs again; it would wait a second for them.

    Parameters
    ----------
    but_the_newest : bool
        Keep one, so that it goes on to look once a second. Each time that it looks it starts
        another, for good: after 50 jobs it would look for jobs 50 times a second, each time as
        long as some jobs take.
    """
    timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    for timer in timers[:-1] if but_the_newest else timers:
        with contextlib.suppress(RuntimeError):
            timer.cancel()
