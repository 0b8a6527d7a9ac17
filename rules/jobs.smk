# How jobs start: in forks of one process that has the libraries, not each in a new Python.
#
# The imports of a job take longer than its work on most machine IDs. Jobs in containers and conda
# environments, on other machines (they have a Snakemake of their own) and on other systems than
# Linux start as Snakemake starts them. The process starts when the rules are read, so that it is
# ready when the first job is; it ends with Snakemake, at once if there is nothing to do.

import atexit
import gc
import subprocess
import threading

from snakemake.benchmark import benchmarked
from snakemake.script import PythonScript

from pygoodvibes.detection import fit
from pygoodvibes.workflow.fork_server import AVAILABLE, ForkServer

# What scripts import from other packages in each of their jobs, but not at their beginning.
SKLEARN = fit.libraries(detector_settings())
if "sklearn.neighbors" in SKLEARN:
    SKLEARN.append("pygoodvibes.detection.fit:first_fit")
LIBRARIES = {
    "mel": ["scipy.fft"],
    "detect": SKLEARN,
    "choose": SKLEARN,
    "check_representation": ["sklearn.neighbors", "sklearn.preprocessing", "sklearn.svm"],
    "plot_ocsvm_contours": ["sklearn.svm", "sklearn.metrics"],
}

# By rule: the modules of the library that its script imports; `code` fills it.
MODULES = {}

start_python = PythonScript.execute_script


def fork(script, path, edit=False):
    """Run a script of a rule, which Snakemake has completed and written to a file."""
    special = (
        script.container_img,
        script.conda_env,
        script.env_modules,
        script.shadow_dir,
        script.resources.get("shell_exec"),
    )
    if any(special):
        return start_python(script, path, edit=edit)
    temporary = script.resources.get("tmpdir")
    running = server.start(
        path,
        modules=[*MODULES[script.rulename], *LIBRARIES.get(script.rulename, [])],
        environment={"TMPDIR": str(temporary)} if temporary else {},
    )
    # no record, no thread that watches
    with benchmarked(running.pid if script.bench_record else False, script.bench_record):
        status = running.wait()
    if status:
        raise subprocess.CalledProcessError(status, f"{sys.executable} {path}")


if AVAILABLE and workflow.is_main_process:
    # Snakemake's own lines at the beginning of each script import the first two; scikit-learn would
    # load pandas only to recognise its tables
    server = ForkServer(
        ["snakemake.iocontainers", "snakemake.logging", *SKLEARN], without=["pandas"]
    )
    atexit.register(server.close)
    # else Python would go through all that Snakemake holds once more, for half a second
    atexit.register(gc.freeze)
    PythonScript.execute_script = fork


def end_timers():
    """End the timers by which Snakemake looks for jobs again; it would wait a second for them."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


onstart:
    if AVAILABLE and workflow.is_main_process:
        later = [each for modules in MODULES.values() for each in modules]
        later += [each for modules in LIBRARIES.values() for each in modules]
        server.import_later(list(dict.fromkeys(later)))


onsuccess:
    end_timers()


onerror:
    end_timers()
