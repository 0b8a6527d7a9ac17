# Functions that rules take their inputs from: files of machine IDs, once the clips are listed.

from snakemake.exceptions import IncompleteCheckpointException

# By machine type, what `coverage` read: it is asked some hundred times.
COUNTED = {}


def coverage(machine=None):
    """Return the counts of clips of the IDs of a machine type, or of all, once they are listed."""
    counted = []
    for name in MACHINES if machine is None else [machine]:
        if name not in COUNTED:
            COUNTED[name] = read_records(checkpoints.list_clips.get(machine=name).output.coverage)
        counted += COUNTED[name]
    return counted


def machine_ids(machine=None, trained=False):
    """Return the (machine, id) with clips to work on; if trained, those that detectors are for."""
    return [
        (entry["machine"], entry["id"])
        for entry in coverage(machine)
        if any(int(entry[key]) for key in ("train", "test_normal", "test_anomaly", "test_unknown"))
        and (trainable(entry) or not trained)
    ]


def or_the_list(function):
    """Return an input function that, until clips are listed, returns the list to wait for.

    Left to itself, Snakemake goes through all jobs once more for each such exception.
    """

    @functools.wraps(function)
    def paths_for(wildcards):
        try:
            return function(wildcards)
        except IncompleteCheckpointException as waiting:
            return waiting.targetfile

    return paths_for


def of_machine_types(files, machine=None):
    """Return the files of a machine type, or of all, as a function returns them for each.

    Of one whose clips are not listed yet it is the list: a job waits for that, and what it takes of
    the others is made meanwhile. Where no clip can be used it is what `gather_clips` makes, which
    says so and stops.
    """
    paths = []
    for name in MACHINES if machine is None else [machine]:
        try:
            paths += files(name)
        except IncompleteCheckpointException as waiting:
            paths.append(waiting.targetfile)
    if not paths and machine is None and not machine_ids():
        return [f"{RESOURCES}/final/manifest.csv"]
    return paths


def of_machine_ids(pattern, machine=None, trained=False):
    """Fill a pattern with {machine} and {id} for each of `machine_ids`."""
    # lists of clips stay with their audio
    place = local if pattern.startswith(f"{RESOURCES}/manifests/") else str
    return of_machine_types(
        lambda name: [
            place(pattern.format(machine=name, id=machine_id))
            for _, machine_id in machine_ids(name, trained)
        ],
        machine,
    )


def trained_ids(pattern):
    """Return an input function: a pattern filled for each machine ID that detectors are for."""
    return lambda wildcards: of_machine_ids(pattern, trained=True)


def of_type(pattern):
    """Return an input function: a pattern for each trained ID of the machine type of a job."""
    return lambda wildcards: of_machine_ids(pattern, wildcards.machine, trained=True)


def of_machines(pattern):
    """Return an input function: a pattern for each machine type with a trained ID."""
    return lambda wildcards: of_machine_types(
        lambda name: [pattern.format(machine=name)] if machine_ids(name, trained=True) else []
    )


def choice_of_type(pattern):
    """Return the choice and its scores for a machine type, where they count as a detector."""
    if not CONFIG.with_choice:
        return []
    return [f"{RESOURCES}/choice/{pattern}.json", f"{RESOURCES}/choice/{pattern}.final.csv"]


@or_the_list
def clips_of_id(wildcards):
    """Return the manifest of one machine ID, a small file that stands for its audio."""
    checkpoints.list_clips.get(machine=wildcards.machine)
    return local(f"{RESOURCES}/manifests/{wildcards.machine}/{wildcards.id}.csv")


@or_the_list
def clips_of_only_id(wildcards):
    """Return the manifest of the trained ID of a machine type that has one; else nothing."""
    pattern = f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv"
    of_ids = of_machine_ids(pattern, wildcards.machine, trained=True)
    return of_ids if len(of_ids) == 1 else []


def supplemental_of(machine, machine_id, ending):
    """Return a file of the supplemental recordings of a machine ID, where a detector sees them."""
    checkpoints.list_clips.get(machine=machine)
    path = f"{RESOURCES}/manifests/{machine}/{machine_id}.csv"
    if not SEE_SUPPLEMENTAL or not to_embed(read_records(path)):
        return []
    return [f"{RESOURCES}/supplemental/{machine}/{machine_id}.{ending}"]


def with_supplemental(machine):
    """Return the trained IDs of a machine type whose supplemental recordings a detector sees."""
    return [each for each in machine_ids(machine, trained=True) if supplemental_of(*each, "npz")]


@or_the_list
def supplemental_of_id(wildcards):
    """Return the vectors of the supplemental recordings of one machine ID, if there are any."""
    return supplemental_of(wildcards.machine, wildcards.id, "npz")


@or_the_list
def supplemental_of_only_id(wildcards):
    """Return the same for the trained ID of a machine type that has one; else nothing."""
    ids = machine_ids(wildcards.machine, trained=True)
    return supplemental_of(*ids[0], "npz") if len(ids) == 1 else []


@or_the_list
def supplemental_tables(wildcards):
    """Return the tables of supplemental recordings of the IDs of a machine type that have any."""
    return [
        path
        for each in machine_ids(wildcards.machine, trained=True)
        for path in supplemental_of(*each, "clips.csv")
    ]


def mel_files(ending):
    """Return a file of the mel cache of each trained machine ID, where the data set has them."""
    if DATASET.enters_as == "embedding":
        return []
    return of_machine_ids(f"{RESOURCES}/mel/{{machine}}/{{id}}{ending}", trained=True)


def mel_clips(wildcards):
    """Return the clip tables of the mel caches of a machine type, where there are such caches."""
    if DATASET.enters_as == "embedding":
        return []
    return of_machine_ids(f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv", wildcards.machine)


@or_the_list
def figures(wildcards):
    """Return all figures that the data set allows."""
    names = ["clips", "clouds", "representation", "roc", "sweep", "bars"]
    names += [f"scores/{detector}" for detector in SCORED]
    machines = dict.fromkeys(machine for machine, _ in machine_ids())
    trained = machine_ids(trained=True)
    if DATASET.enters_as != "embedding":
        names += [f"examples/{machine}" for machine in machines]
        names += [f"deviation/{machine}_id_{machine_id}" for machine, machine_id in trained]
    names += [f"id_clouds/{machine}" for machine in dict.fromkeys(name for name, _ in trained)]
    names += [f"ocsvm_contours/{machine}_id_{machine_id}" for machine, machine_id in trained]
    return [f"{FIGURES}/{name}.png" for name in names]
