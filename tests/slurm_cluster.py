"""A real Slurm of one machine, on the loopback: `python tests/slurm_cluster.py` runs it."""

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

REQUIRED = "PYGOODVIBES_REQUIRE_CLUSTER"
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "munged")
# Jobs look for their configuration here: the executor drops SLURM_CONF from their environment.
CONFIG = pathlib.Path("/etc/slurm/slurm.conf")
MARK = "# written by the tests of PyGoodVibes; may be deleted"
LOCK = pathlib.Path(tempfile.gettempdir(), "pygoodvibes-slurm.lock")

TEMPLATE = """\
{mark}
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=1,batch_sched_delay=1
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
# squeue tells of a job that has ended for so long
MinJobAge=3600
NodeName=localhost NodeHostName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb}
PartitionName=main Nodes=ALL Default=YES
"""


class NotPossible(Exception):
    """Why no Slurm can be started here."""


@dataclasses.dataclass
class Job:
    """A job as Slurm knows it."""

    number: int
    state: str
    cpus: int
    memory: str
    seconds: int
    comment: str


def _missing():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [program for program in PROGRAMS if shutil.which(program, path=path) is None]


def make_ready():
    """Install what is missing if that was asked for; say so if it can't be had.

    Raises
    ------
    NotPossible
        On a machine where no Slurm can be started.
    """
    if os.geteuid() != 0:
        raise NotPossible("Slurm's daemons and /etc/slurm need root")
    if CONFIG.exists() and MARK not in CONFIG.read_text():
        raise NotPossible(f"{CONFIG}: this machine has a Slurm of its own")
    if _missing() and os.environ.get(REQUIRED):
        if shutil.which("apt-get") is None:
            raise NotPossible("no apt-get to install Slurm with")
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        install = [*apt, "install", "-y", "--no-install-recommends", *PACKAGES]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([*apt, "update"], install):
            try:
                subprocess.run(command, env=quiet, check=True, capture_output=True, timeout=300)
            except subprocess.CalledProcessError as error:
                raise NotPossible(f"{' '.join(command)}: {error.stderr.decode()}") from error
    if _missing():
        raise NotPossible(f"not installed: {', '.join(_missing())} (with {REQUIRED}=1 they are)")


def _free_ports(count):
    with contextlib.ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _memory_mb():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def ask(*command, timeout=20):
    """Run one of Slurm's commands and return what it prints."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=True, env=_environment()
    )
    return done.stdout


def _environment():
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_"))}
    return {**kept, "PATH": path}


def jobs():
    """Return all jobs since the start, oldest first."""
    format_ = "JobID:|,State:|,NumCPUs:|,MinMemory:|,TimeUsed:|,Comment:1000|"
    found = []
    for line in ask("squeue", "--states=all", "--noheader", f"--Format={format_}").splitlines():
        number, state, cpus, memory, used, comment, *_ = (part.strip() for part in line.split("|"))
        minutes, seconds = used.split(":")[-2:]
        found.append(
            Job(int(number), state, int(cpus), memory, 60 * int(minutes) + int(seconds), comment)
        )
    return sorted(found, key=lambda job: job.number)


def _wait_until(ready, seconds, why, logs):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            told = "\n".join(
                f"{log}:\n{log.read_text(errors='replace')[-2000:]}" for log in logs if log.exists()
            )
            raise TimeoutError(f"{why}, after {seconds} s\n{told}")
        time.sleep(0.2)


@contextlib.contextmanager
def _alone(seconds=300):
    """Wait until no other Slurm of these tests runs here: there is one place for the config."""
    with LOCK.open("w") as lock:

        def locked():
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            return False

        _wait_until(locked, seconds, f"{LOCK}: another Slurm of these tests is running", [])
        yield


def _idle():
    try:
        return ask("sinfo", "--noheader", "--format=%t", timeout=10).strip() == "idle"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False


def _stop(process):
    """End a daemon, and what it left in its session."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def running(cpus=None):
    """Run a Slurm with one node, this machine, until the end of the block.

    Parameters
    ----------
    cpus : int > 0, optional
        Of the node; by default those of the machine.
    """
    make_ready()
    # short, because a socket's path may have 108 characters
    folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)
    with _alone(), contextlib.ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        key = folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        controller_port, node_port = _free_ports(2)
        CONFIG.parent.mkdir(exist_ok=True)
        at_the_end.callback(CONFIG.unlink, missing_ok=True)
        CONFIG.write_text(
            TEMPLATE.format(
                mark=MARK,
                folder=folder,
                controller_port=controller_port,
                node_port=node_port,
                host=socket.gethostname().partition(".")[0],
                cpus=cpus or os.cpu_count(),
                memory_mb=_memory_mb(),
            )
        )
        logs = []

        def start(name, *arguments):
            log = folder / f"{name}.log"
            logs.append(log)
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [name, *arguments],
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            at_the_end.callback(_stop, process)
            return process

        munge_socket = folder / "munge.socket"
        start(
            "munged",
            "--foreground",
            "--force",
            f"--socket={munge_socket}",
            f"--key-file={key}",
            f"--pid-file={folder}/munged.pid",
            f"--seed-file={folder}/munged.seed",
            f"--log-file={folder}/munged.log",
        )
        _wait_until(munge_socket.exists, 20, "munged has no socket", logs)
        start("slurmctld", "-D")
        start("slurmd", "-D", "-N", "localhost")
        _wait_until(_idle, 60, "Slurm's node isn't idle", logs)
        try:
            yield folder
        finally:
            with contextlib.suppress(subprocess.SubprocessError):
                ask("scancel", "--user=root")
                _wait_until(_idle, 20, "jobs are still running", [])


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT
        signal.signal(number, signal.default_int_handler)
    with running() as place:
        print(f"Slurm is running; its logs: {place}; Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
