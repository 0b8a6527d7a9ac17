"""The workflow with an S3-compatible store: the same bytes as here, and they lie in the store."""

import collections
import logging
import pathlib

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

    # results, what was computed on the way, and logs; audio isn't there, and nothing else is here
    places = collections.Counter(key.split("/")[1] for key in objects)
    assert set(places) == {"results", "resources", "logs"}
    assert "pump/resources/tiny/mel/fan/00.npy" in objects
    assert "pump/results/tiny/figures/roc.png" in objects
    assert "pump/results/tiny/official/lof/anomaly_score_fan_id_00.csv" in objects
    assert (stores / "data/tiny/fan/train").is_dir()
    assert not (stores / "results").exists()
    assert not (stores / "resources").exists()
    assert (stores / LOCAL_COPIES / METRICS).read_bytes() == objects[f"pump/{METRICS}"]
    # how long each step took is known from logs, which lie elsewhere than without a store
    assert b'"evaluate": {' in objects["pump/results/tiny/provenance.json"]

    assert "Nothing to be done" in snakemake(stores, *STORE, **server)

    # on a second machine there is nothing to do either, whatever folder it used before
    before = {"SNAKEMAKE_OUTPUT_CACHE": str(tmp_path), "PYGOODVIBES_TRACE": str(tmp_path / "trace")}
    other = tiny_project.make(root, tmp_path / "other")
    text = snakemake(other, *STORE, "--", METRICS, **before, **server)
    assert "Nothing to be done" in text

    # and if all were gone but what is kept of earlier settings, only the rest would run
    for key in objects:
        if not key.startswith("pump/resources/.cache/"):
            bucket.Object(key).delete()
    snakemake(other, *STORE, "--", METRICS, **before, **server)
    ran = {
        pathlib.Path(line).relative_to(LOCAL_COPIES / "logs/tiny").parts[0]
        for line in (tmp_path / "trace").read_text().splitlines()
    }
    assert ran == {"synthesize_dataset", "summarize.log"}
    assert stored(bucket)[f"pump/{METRICS}"] == (here / METRICS).read_bytes()
