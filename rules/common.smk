# The config, checked; the folders; and what the rules of several phases need.

import os
import sys
from pathlib import Path

# The library lies beside the scripts, so that a copy of the project runs its own code.
sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from pygoodvibes import detectors, embeddings, listing, provenance
from pygoodvibes.config import validate
from pygoodvibes.errors import UserError
from pygoodvibes.manifest import trainable
from pygoodvibes.paths import locate
from pygoodvibes.records import read_records

# One thread a job, also in the libraries below NumPy: the same bytes whatever else runs, and no
# more threads than cores.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# Results of earlier settings are kept here. DVC names the main project in experiment copies.
os.environ.setdefault(
    "SNAKEMAKE_OUTPUT_CACHE",
    str(Path(os.environ.get("DVC_ROOT", workflow.basedir)) / "resources" / ".cache"),
)
Path(os.environ["SNAKEMAKE_OUTPUT_CACHE"]).mkdir(parents=True, exist_ok=True)


def stop(error):
    """End before any job starts, with the message alone."""
    print(f"Error: {error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)


try:
    CONFIG = validate(config, name=" + ".join(map(str, workflow.configfiles)))
except UserError as error:
    stop(error)

DATASET = CONFIG.dataset
DATA = f"data/{DATASET.name}"
RESOURCES = f"resources/{DATASET.name}"
RESULTS = f"results/{DATASET.name}"
LOGS = f"logs/{DATASET.name}"
BENCHMARKS = f"{RESOURCES}/benchmarks"
DETECTORS = list(CONFIG.detectors)

# The folder of earlier results may have been deleted or moved: what it held is made again.
provenance.drop_broken_links(Path(RESOURCES))

# What every heading and figure says of the data.
DATA_TITLE = {
    "synthetic": "synthetic data, no recordings",
    "zenodo": "DCASE 2020 Task 2",
    "kaggle": "DCASE 2020 Task 2",
}.get(DATASET.source, f"data set {DATASET.name}")

# The folder that the paths of the manifest count from.
if DATASET.source == "folder":
    DATA_FOLDER = DATASET.path
elif DATASET.source in ("mel", "embedding"):
    DATA_FOLDER = str(Path(DATASET.path).parent)
else:
    DATA_FOLDER = DATA

wildcard_constraints:
    machine=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    id=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    detector="|".join(map(re.escape, DETECTORS)),


def section(name, *keys):
    """Return a section of the config as plain values; with keys, only those."""
    values = getattr(CONFIG, name).model_dump(mode="json")
    return {key: values[key] for key in keys} if keys else values


def code(rule_name, *modules):
    """Return the hash of the library code behind a rule; scripts are named after their rules."""
    script = Path(workflow.basedir) / "scripts" / f"{rule_name}.py"
    return provenance.code_hash(script, *modules)


def coverage():
    """Return the counts of clips of all machine IDs, once the clips are listed."""
    return read_records(checkpoints.list_clips.get().output.coverage)


def machine_ids(machine=None, trained=False):
    """Return the (machine, id) with clips to work on; if trained, those that detectors are for."""
    return [
        (entry["machine"], entry["id"])
        for entry in coverage()
        if (machine is None or entry["machine"] == machine)
        and any(int(entry[key]) for key in ("train", "test_normal", "test_anomaly", "test_unknown"))
        and (trainable(entry) or not trained)
    ]


def of_machine_ids(pattern, machine=None, trained=False):
    """Fill a pattern with {machine} and {id} for each of `machine_ids`."""
    return [
        pattern.format(machine=machine, id=machine_id)
        for machine, machine_id in machine_ids(machine, trained)
    ]


def clips_of_id(wildcards):
    """Return the manifest of one machine ID, a small file that stands for its audio."""
    checkpoints.list_clips.get()
    return f"{RESOURCES}/manifests/{wildcards.machine}/{wildcards.id}.csv"
