"""The workflow with an S3-compatible store: the same bytes as here, and they lie in the store."""

import collections
import logging
import pathlib
import shutil

import pytest

import tiny_project
from tiny_project import METRICS, snakemake

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

STORE = ("--profile", "profiles/s3", "--default-storage-prefix", "s3://sounds/pump", "-j2")
LOCAL_COPIES = pathlib.Path(".snakemake/storage/s3/sounds/pump")


@pytest.fixture(scope="module")
def server():
    """Run a store; what it asks for as key and secret is made up."""
    moto_server = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each request
    running = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield {
        "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "made-up",
        "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "made-up",
    }
    running.stop()


@pytest.fixture
def bucket(server):
    return (
        pytest.importorskip("boto3")
        .resource(
            "s3",
            endpoint_url=server["SNAKEMAKE_STORAGE_S3_ENDPOINT_URL"],
            aws_access_key_id=server["SNAKEMAKE_STORAGE_S3_ACCESS_KEY"],
            aws_secret_access_key=server["SNAKEMAKE_STORAGE_S3_SECRET_KEY"],
            region_name="us-east-1",
        )
        .Bucket("sounds")
    )


def stored(bucket):
    """Return the bytes of all objects by their key."""
    return {each.key: each.get()["Body"].read() for each in bucket.objects.all()}


def test_same_results_as_here_and_they_lie_in_the_store(server, bucket, root, tmp_path):
    stores = tiny_project.make(root, tmp_path / "stores")
    snakemake(stores, *STORE, **server)

    here = tiny_project.make(root, tmp_path / "here")
    snakemake(here, "-j2", "--", METRICS)
    objects = stored(bucket)
    assert objects[f"pump/{METRICS}"] == (here / METRICS).read_bytes()

    # results, what was computed on the way, and logs; audio and its lists are here, nothing else is
    places = collections.Counter(key.split("/")[1] for key in objects)
    assert set(places) == {"results", "resources", "logs"}
    assert not [key for key in objects if key.startswith("pump/resources/tiny/manifest")]
    assert "pump/resources/tiny/mel/fan/00.npy" in objects
    assert "pump/results/tiny/figures/roc.png" in objects
    assert "pump/results/tiny/official/lof/anomaly_score_fan_id_00.csv" in objects
    assert (stores / "data/tiny/fan/train").is_dir()
    assert not (stores / "results").exists()
    here_only = {path.name for path in (stores / "resources/tiny").iterdir()}
    assert here_only == {"found", "unplaced.csv", "listed", "coverage", "manifests"}
    assert (stores / LOCAL_COPIES / METRICS).read_bytes() == objects[f"pump/{METRICS}"]
    # how long each step took is known from logs, which lie elsewhere than without a store
    assert b'"evaluate": {' in objects["pump/results/tiny/provenance.json"]

    assert "Nothing to be done" in snakemake(stores, *STORE, **server)

    # a second machine takes from the store what was kept there, whatever folder it used before
    def ran(folder, **variables):
        trace = folder / "trace"
        trace.unlink(missing_ok=True)
        snakemake(
            folder, *STORE, "--", METRICS, PYGOODVIBES_TRACE=str(trace), **variables, **server
        )
        logs = [
            pathlib.Path(line).relative_to(LOCAL_COPIES / "logs/tiny")
            for line in trace.read_text().splitlines()
        ]
        return sorted(log.with_suffix("").as_posix() for log in logs)

    other = tiny_project.make(root, tmp_path / "other")
    before = {"SNAKEMAKE_OUTPUT_CACHE": str(tmp_path)}
    text = snakemake(other, *STORE, "--", METRICS, **before, **server)
    assert "Nothing to be done" in text
    for key in objects:
        if not key.startswith("pump/resources/.cache/"):
            bucket.Object(key).delete()
    assert ran(other, **before) == ["gather_metrics", "synthesize_dataset/fan"]
    assert stored(bucket)[f"pump/{METRICS}"] == objects[f"pump/{METRICS}"]

    # an exchanged clip runs its machine ID again, and nothing else
    clips = other / "data/tiny/fan/train"
    shutil.copy(clips / "normal_id_00_00000001.wav", clips / "normal_id_00_00000002.wav")
    steps = ("mel", "embed", "project", "detect", "evaluate")
    assert ran(other) == sorted(
        [
            *("find_clips", "list_clips/fan", "check_clips/fan", "gather_clips", "gather_metrics"),
            *(f"{step}/fan/00" for step in steps),
        ]
    )
    scores = "pump/resources/tiny/detection/fan/00.scores.csv"
    assert stored(bucket)[scores] != objects[scores]
