# The config, checked; the folders; and what rules take their params from.

from pygoodvibes.config.validate import validate
from pygoodvibes.data.manifest import trainable
from pygoodvibes.data.supplemental_vectors import to_embed
from pygoodvibes.data.sources import registry as sources
from pygoodvibes.detectors import registry as detectors
from pygoodvibes.detectors.combined import list_scored
from pygoodvibes.embeddings import registry as embeddings
from pygoodvibes.embeddings.embed import open_encoder
from pygoodvibes.report.domain_tables import unit_in
from pygoodvibes.report.run_end import headline
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.language import catalog_of
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow import (
    checksums,
    code_hash,
    fingerprint,
    fit_store,
    machine_types,
    result_cache,
    score_store,
    starting,
    unfinished,
)

# One thread a job, also in the libraries below NumPy: the same bytes on any number of cores, whatever
# the user's shell says, and no more threads than cores.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

# With --default-storage-provider, what is computed lies in an object store, below this address.
STORE = (
    workflow.storage_settings.default_storage_prefix.rstrip("/")
    if workflow.storage_settings.default_storage_provider
    else None
)

# Results of earlier settings are kept here, in the store if there is one: Snakemake takes nothing
# else then. DVC names the main project in experiment copies.
if STORE:
    os.environ.update(SNAKEMAKE_OUTPUT_CACHE=f"{STORE}/resources/.cache")
else:
    earlier_results = os.environ.setdefault(
        "SNAKEMAKE_OUTPUT_CACHE",
        str(Path(os.environ.get("DVC_ROOT", workflow.basedir)) / "resources" / ".cache"),
    )
    try:
        checksums.start(Path(earlier_results))
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")


try:
    CONFIG = validate(
        config,
        name=" + ".join(map(str, workflow.configfiles)),
        found_right=None if STORE else Path(earlier_results, ".settings"),
    )
except UserError as error:
    stop(error)

DATASET = CONFIG.dataset
DATA = f"data/{DATASET.name}"
RESOURCES = f"resources/{DATASET.name}"
RESULTS = f"results/{DATASET.name}"
LOGS = f"logs/{DATASET.name}"
FIGURES = f"{RESOURCES}/figures"

# Seconds and memory of each job, as Snakemake measures them.
JOB_COSTS = f"{RESOURCES}/job_costs"
DETECTORS = list(CONFIG.detectors)

# What has scores, metrics and figures: the label-free choice too, where it is the default.
SCORED = list_scored(CONFIG.default_detector, DETECTORS)

# Runs start here one after the other: nothing below is removed while another one begins to make it.
STARTS_JOBS = workflow.is_main_process and starting.starts_jobs(sys.argv[1:])
STARTING = starting.Starting(Path(".snakemake")) if STARTS_JOBS else None

# The folder of earlier results may have been deleted or moved: what it held is made again. As long
# as the last result is there, Snakemake neither misses what lies in between nor compares its params.
if result_cache.drop_broken_links(Path(RESOURCES)):
    Path(RESULTS, "metrics.json").unlink(missing_ok=True)

# What every heading and figure says of the data.
DATA_TITLE = str(DATASET.title)

# Published results to show beside ours.
REFERENCES = (
    []
    if DATASET.published == "none"
    else local(
        f"{workflow.basedir}/scripts/pygoodvibes/protocols/references/{DATASET.published}.csv"
    )
)

# The catalog of the language of the page for everyone, which English does without.
CATALOG = catalog_of(CONFIG.report.language) or []
if CATALOG:
    CATALOG = local(str(CATALOG))

# The file of the network that the embedding runs, if the config names one. What is wrong with it is
# said before any job starts.
ENCODER, ENCODER_SHA256 = [], None
if embeddings.uses_encoder(CONFIG.embedding.method) and CONFIG.embedding.source():
    try:
        ENCODER = local(str(CONFIG.embedding.source()["path"]))
        ENCODER_SHA256 = open_encoder(CONFIG.embedding.model_dump(mode="json")).sha256
    except UserError as error:
        stop(error)

# Where jobs run in conda environments: what runs a network takes more packages.
ENCODER_ENV = "../envs/encoder.yaml"
if not embeddings.uses_encoder(CONFIG.embedding.method):
    ENCODER_ENV = "../envs/pygoodvibes.yaml"

# Or the one that is trained here, on the normal training clips of all machine types or of each.
TRAINED = OF_ENCODER = None
if embeddings.trains_encoder(CONFIG.embedding.method):
    for_each = CONFIG.embedding.trained_for == "machine_type"
    OF_ENCODER = "encoder/{machine}" if for_each else "encoder"
    TRAINED = f"{RESOURCES}/{OF_ENCODER}"

# The folder that the paths of the manifest count from.
DATA_FOLDER = DATASET.folder

# Whether a detector sees supplemental recordings, which only audio has.
SEE_SUPPLEMENTAL = DATASET.enters_as == "audio" and any(
    each.sees_supplemental for each in CONFIG.detectors.values()
)

# The folders of machine types that are made here, by the generator or by a download. Beside a store,
# audio stays on this machine: jobs read a few clips of a folder, and would have to fetch all of it.
# So do the lists of clips: Snakemake doesn't notice a new output of a checkpoint in a store.
MADE = []
if DATASET.made_by:
    MADE = [local(f"{DATA}/{machine}") for machine in DATASET.made_machines()]

FALSE_ALARM_RATES = dict.fromkeys(SCORED, CONFIG.threshold.false_alarm_rate) | {
    name: settings.expected_false_alarm_rate() or CONFIG.threshold.false_alarm_rate
    for name, settings in CONFIG.detectors.items()
}


wildcard_constraints:
    machine=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    id=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    detector="|".join(map(re.escape, SCORED)),


def section(name, *keys):
    """Return a section of the config as plain values; with keys, only those."""
    values = getattr(CONFIG, name).model_dump(mode="json")
    return {key: values[key] for key in keys} if keys else values


def code(rule_name, *modules):
    """Return the hash of the library code behind a rule; scripts are named after their rules."""
    script = Path(workflow.basedir) / "scripts" / f"{rule_name}.py"
    MODULES[rule_name] = code_hash.modules(script, modules)
    return code_hash.code_hash(script, *modules)


def here(path):
    """Return where a file or folder lies on this machine, also if that is a copy of a stored one."""
    if not STORE:
        return path
    stored = workflow.storage_registry.default_storage_provider.object(f"{STORE}/{path}")
    return str(stored.local_path())


def synthetic_ids(machine):
    """Return the machine IDs to make: the selected ones, or all that the generator has."""
    chosen = "all" if DATASET.machines == "all" else DATASET.machines[machine]
    if chosen != "all":
        return list(chosen)
    from pygoodvibes.data.synthesis.generate import DEFAULT_IDS

    return list(DEFAULT_IDS[machine])


# To look at all files of a folder takes a while: once a run.
fingerprint_of = functools.cache(fingerprint.fingerprint)


def state_of_clips():
    """Tell whether clips have changed since they were made, or since they were last listed."""
    places = map(Path, MADE) if MADE else map(locate, DATASET.watched)
    return [fingerprint.state(place, fingerprint_of) for place in places]


def detector_settings():
    """Return the detectors of the config, without what only the evaluation needs."""
    later = {"false_alarm_rate", "contamination"}
    return {
        name: settings.model_dump(mode="json", exclude=later)
        for name, settings in CONFIG.detectors.items()
    }
