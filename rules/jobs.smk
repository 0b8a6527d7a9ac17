# How jobs start: in forks of one process that has the libraries, not each in a new Python.
#
# The imports of a job take longer than its work on most machine IDs. Jobs in containers and conda
# environments, on other machines (they have a Snakemake of their own) and on other systems than
# Linux start as Snakemake starts them.

import atexit
import subprocess

from snakemake.benchmark import benchmarked
from snakemake.script import PythonScript

from pygoodvibes import detection
from pygoodvibes.fork_server import AVAILABLE, ForkServer

# What scripts import from other packages in each of their jobs, but not at their beginning.
LIBRARIES = {
    "mel": ["scipy.fft"],
    "detect": detection.libraries(detector_settings()),
    "choose": detection.libraries(detector_settings()),
    "plot_ocsvm_contours": ["sklearn.svm", "sklearn.metrics"],
}

start_python = PythonScript.execute_script
server = None


def fork(script, path, edit=False):
    """Run a script of a rule, which Snakemake has completed and written to a file."""
    special = (
        script.container_img,
        script.conda_env,
        script.env_modules,
        script.shadow_dir,
        script.resources.get("shell_exec"),
    )
    if server is None or any(special):
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
    PythonScript.execute_script = fork


onstart:
    global server
    if AVAILABLE and workflow.is_main_process and workflow.local_exec:
        # what Snakemake's own lines at the beginning of each script import, then all others
        waiting = ["snakemake.iocontainers", "snakemake.logging"]
        for name, modules in MODULES.items():
            waiting += [*modules, *LIBRARIES.get(name, [])]
        server = ForkServer(list(dict.fromkeys(waiting)))
        atexit.register(server.close)
