"""A download server that cuts, lies about lengths, sends wrong bytes, stalls and redirects."""

import hashlib
import pathlib
import random
import threading
from collections.abc import Iterator

from local_server import Fault, Server
from pygoodvibes.data.sources.download import download
from pygoodvibes.util.errors import UserError
from soak.found import Found

PATIENCE = {"timeout": 0.3, "retries": 3, "backoff": 0.001, "progress": False}


def faults(rng: random.Random, size: int) -> dict[str, Fault]:
    """Return what can go wrong with a request, by what it is called."""
    return {
        "cuts": Fault(cut_after=rng.randrange(size)),
        "announces more": Fault(announce=rng.randrange(1, size)),
        "sends another range": Fault(shift=rng.randrange(1, 100)),
        "sends a shorter range": Fault(at_most=rng.randrange(1, size)),
        "ignores ranges": Fault(ignore_range=True, cut_after=rng.randrange(size)),
        "sends wrong bytes": Fault(wrong=True),
        "sends wrong bytes and cuts": Fault(wrong=True, cut_after=rng.randrange(size)),
        "stalls": Fault(stall=0.5),
        "is busy": Fault(status=rng.choice((429, 500, 503))),
        "refuses": Fault(status=rng.choice((403, 404, 410))),
    }


def try_downloads(place: pathlib.Path, count: int, seed: int) -> Iterator[Found]:
    """Download a file from a server that misbehaves, then once more when it doesn't."""
    found = Found("downloads from a faulty server")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        for number in range(count):
            one_download(found, server, place / f"{number}", random.Random(f"{seed} {number}"))
        server.shutdown()
        thread.join()
    yield found


def one_download(found: Found, server: Server, folder: pathlib.Path, rng: random.Random) -> None:
    """Download once with faults; what fails has one sentence, and works when run again."""
    data = rng.randbytes(50_000)
    server.files = {"/file.zip": data}
    server.redirects = {"/moved": "/again", "/again": "/file.zip"}
    server.redirects |= {"/circle": "/round", "/round": "/circle"}
    address = rng.choice(("/file.zip", "/moved", "/file.zip", "/circle"))
    # a fault is due at each request, that of a redirection included
    possible = faults(rng, len(data))
    names = [rng.choice(list(possible)) for _ in range(rng.randrange(1, 8))]
    server.faults.clear()
    server.faults.extend(possible[name] for name in names)
    target = folder / "file.zip"
    md5 = hashlib.md5(data).hexdigest()
    try:
        download(server.url + address, target, md5=md5, size=len(data), **PATIENCE)
        outcome = "whole at once"
    except UserError as error:
        one = "\n" not in str(error) and len(str(error)) < 600
        found.check(one, f"{names}: not one sentence: {error}")
        found.check(not target.exists(), f"{names}: half a file in its place")
        server.faults.clear()
        download(server.url + "/file.zip", target, md5=md5, size=len(data), **PATIENCE)
        outcome = "a sentence, whole when run again"
    found.check(target.read_bytes() == data, f"{names}: other bytes")
    found.add(outcome)
