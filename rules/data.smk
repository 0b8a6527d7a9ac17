# Clips: made, fetched, or found in a folder; and listed.

# What can be known to be wrong with the data before any job starts is said now.
# The machine types are known then, too: a job lists the clips of each.
try:
    MACHINES = sorted(
        DATASET.made_machines()
        if DATASET.made_by
        else machine_types.look_up(
            DATASET,
            code=code("find_clips", sources.module_of(DATASET.source)),
            cache=None if STORE else Path(earlier_results),
            fingerprint_of=fingerprint_of,
        )
    )
except UserError as error:
    stop(error)


# What a run has left that was killed. Whoever holds the lock may be making it just now.
MAY_REMOVE = STARTS_JOBS and not any(Path(".snakemake/locks").glob("*"))
if MAY_REMOVE:
    left = unfinished.remove(unfinished.MARKS, [Path(RESOURCES), Path(RESULTS)])
    if len(left) == 1:
        print(f"Notice: {left[0]} was not finished; it is made again.", file=sys.stderr)
    elif left:
        more = f"{left[0]} and {len(left) - 1} more"
        print(f"Notice: {more} were not finished; they are made again.", file=sys.stderr)

# What a run listed that was stopped, or of which something was deleted, is listed again: Snakemake
# would take the rest, however the clips have changed since. See `drop_broken_links` in settings.smk.
if MAY_REMOVE:
    # A version before had one manifest of all clips; these were links to earlier results.
    for name in ("manifests", "manifest.csv", "coverage.csv"):
        if Path(RESOURCES, name).is_symlink():
            Path(RESOURCES, name).unlink()
    listed = ("listed/{}.csv", "coverage/{}.csv", "manifests/{}")
    if unfinished.remove_parts(
        [[Path(RESOURCES, each.format(name)) for each in listed] for name in MACHINES],
        made_from=[Path(RESOURCES, name) for name in ("found", "unplaced.csv")],
    ):
        Path(RESULTS, "metrics.json").unlink(missing_ok=True)

# A folder that is made here counts as made only with its snapshot, which is taken last.
for folder in filter(fingerprint.is_unfinished, map(Path, MADE)):
    if not MAY_REMOVE:
        continue
    if DATASET.made_by != "synthesize_dataset":
        stop(
            f"{folder}: fetching it was not finished, or it was not fetched here; delete it "
            f"(rm -r '{folder}') and run again, or use it as recordings (dataset.source: folder)"
        )
    print(f"Notice: {folder} was not finished; it is made again.", file=sys.stderr)
    shutil.rmtree(folder)

if DATASET.made_by:

    include: f"{DATASET.made_by}.smk"


# By names alone, which takes no job on another machine.
rule find_clips:
    input:
        MADE,
    output:
        found=directory(local(f"{RESOURCES}/found")),
        unplaced=local(f"{RESOURCES}/unplaced.csv"),
    log:
        f"{LOGS}/find_clips.log",
    localrule: True
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=300,
    params:
        machines=MACHINES,
        # published results stand beside ours in tables alone
        dataset={k: v for k, v in section("dataset").items() if k != "published"},
        state=state_of_clips(),
        code=code("find_clips", sources.module_of(DATASET.source)),
    message:
        "Find the clips"
    script:
        "../scripts/find_clips.py"


# A checkpoint: which machine IDs there are, and what they can carry, is known once it is done. It
# reads all audio of a machine type; what the memory still holds of it is computed while the next
# one is read.
checkpoint list_clips:
    input:
        found=local(f"{RESOURCES}/found"),
    output:
        manifest=local(f"{RESOURCES}/listed/{{machine}}.csv"),
        coverage=local(f"{RESOURCES}/coverage/{{machine}}.csv"),
        ids=directory(local(f"{RESOURCES}/manifests/{{machine}}")),
    log:
        f"{LOGS}/list_clips/{{machine}}.log",
    wildcard_constraints:
        machine="|".join(map(re.escape, MACHINES)),
    priority: 1
    conda:
        "../envs/pygoodvibes.yaml"
    resources:
        mem_mb=500,
        reading=1,
    params:
        machine=lambda wildcards: wildcards.machine,
        clips={
            # published results stand beside ours in tables alone
            "dataset": {k: v for k, v in section("dataset").items() if k != "published"},
            "audio": section("audio"),
        },
        code=code("list_clips", sources.module_of(DATASET.source)),
    message:
        "List the clips of {wildcards.machine}"
    script:
        "../scripts/list_clips.py"
