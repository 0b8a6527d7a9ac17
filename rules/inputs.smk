# Functions that rules take their inputs from: files of machine IDs, once the clips are listed.


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
    # lists of clips stay with their audio
    place = local if pattern.startswith(f"{RESOURCES}/manifests/") else str
    return [
        place(pattern.format(machine=machine, id=machine_id))
        for machine, machine_id in machine_ids(machine, trained)
    ]


def trained_ids(pattern):
    """Return an input function: a pattern filled for each machine ID that detectors are for."""
    return lambda wildcards: of_machine_ids(pattern, trained=True)


def of_type(pattern):
    """Return an input function: a pattern for each trained ID of the machine type of a job."""
    return lambda wildcards: of_machine_ids(pattern, wildcards.machine, trained=True)


def of_machines(pattern):
    """Return an input function: a pattern for each machine type with a trained ID."""
    return lambda wildcards: [
        pattern.format(machine=machine)
        for machine in dict.fromkeys(machine for machine, _ in machine_ids(trained=True))
    ]


def choice_of_type(pattern):
    """Return the choice and its scores for a machine type, where they count as a detector."""
    if not CONFIG.with_choice:
        return []
    return [f"{RESOURCES}/choice/{pattern}.json", f"{RESOURCES}/choice/{pattern}.final.csv"]


def clips_of_id(wildcards):
    """Return the manifest of one machine ID, a small file that stands for its audio."""
    checkpoints.list_clips.get()
    return local(f"{RESOURCES}/manifests/{wildcards.machine}/{wildcards.id}.csv")


def clips_of_only_id(wildcards):
    """Return the manifest of the trained ID of a machine type that has one; else nothing."""
    pattern = f"{RESOURCES}/manifests/{{machine}}/{{id}}.csv"
    of_ids = of_machine_ids(pattern, wildcards.machine, trained=True)
    return of_ids if len(of_ids) == 1 else []


def supplemental_of(machine, machine_id, ending):
    """Return a file of the supplemental recordings of a machine ID, where a detector sees them."""
    checkpoints.list_clips.get()
    path = f"{RESOURCES}/manifests/{machine}/{machine_id}.csv"
    if not SEE_SUPPLEMENTAL or not to_embed(read_records(path)):
        return []
    return [f"{RESOURCES}/supplemental/{machine}/{machine_id}.{ending}"]


def with_supplemental():
    """Return the trained machine IDs whose supplemental recordings a detector sees."""
    return [each for each in machine_ids(trained=True) if supplemental_of(*each, "npz")]


def supplemental_of_id(wildcards):
    """Return the vectors of the supplemental recordings of one machine ID, if there are any."""
    return supplemental_of(wildcards.machine, wildcards.id, "npz")


def supplemental_of_only_id(wildcards):
    """Return the same for the trained ID of a machine type that has one; else nothing."""
    ids = machine_ids(wildcards.machine, trained=True)
    return supplemental_of(*ids[0], "npz") if len(ids) == 1 else []


def supplemental_tables(wildcards):
    """Return the tables of supplemental recordings of all machine IDs that have any."""
    return [
        path for each in machine_ids(trained=True) for path in supplemental_of(*each, "clips.csv")
    ]


def mel_files(ending):
    """Return a file of the mel cache of each trained machine ID, where the data set has them."""
    if DATASET.enters_as == "embedding":
        return []
    return of_machine_ids(f"{RESOURCES}/mel/{{machine}}/{{id}}{ending}", trained=True)


def mel_clips(wildcards):
    """Return the clip tables of the mel caches, where the data set has such caches."""
    if DATASET.enters_as == "embedding":
        return []
    return of_machine_ids(f"{RESOURCES}/mel/{{machine}}/{{id}}.clips.csv")


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
