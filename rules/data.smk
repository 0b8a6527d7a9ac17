# Clips: made, fetched, or found in a folder; and listed.

# What can be known to be wrong with the data before any job starts is said now.
try:
    if DATASET.enters_as != "audio":
        read_records(locate(DATASET.path))
    elif not DATASET.made_by:
        listable.check(
            DATASET,
            code=code("list_clips", sources.module_of(DATASET.source)),
            cache=None if STORE else Path(earlier_results),
            fingerprint_of=fingerprint_of,
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


# A checkpoint: which machine IDs there are, and what they can carry, is known once it is done.
checkpoint list_clips:
    input:
        MADE,
    output:
        manifest=local(f"{RESOURCES}/manifest.csv"),
        coverage=local(f"{RESOURCES}/coverage.csv"),
        ids=directory(local(f"{RESOURCES}/manifests")),
    log:
        f"{LOGS}/list_clips.log",
    conda:
        "../envs/pygoodvibes.yaml"
    threads: 2
    resources:
        mem_mb=500,
    params:
        clips={
            # published results stand beside ours in tables alone
            "dataset": {k: v for k, v in section("dataset").items() if k != "published"},
            "audio": section("audio"),
        },
        state=state_of_clips(),
        code=code("list_clips", sources.module_of(DATASET.source)),
    message:
        "List the clips"
    script:
        "../scripts/list_clips.py"
