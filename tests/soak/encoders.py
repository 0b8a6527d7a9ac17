"""Damaged files of networks: read, and run if they can be read."""

import random
import time
from collections.abc import Iterator

import numpy as np

import made_encoders
from pygoodvibes.embeddings import encoder, encoder_run, onnx_file
from pygoodvibes.util.errors import UserError
from soak.found import Found

SLOWEST = 10.0
BYTES = (0, 1, 2, 3, 5, 7, 127, 128, 255)
"""What is written in place of a byte: lengths, marks and numbers of fields."""


def try_encoders(count: int, seed: int) -> Iterator[Found]:
    """Alter one to three bytes beside the weights; a vector or one sentence must come."""
    found = Found("damaged networks")
    good, needs, draw = made_encoders.small(), made_encoders.needs(), random.Random(seed)
    weights = onnx_file.check(good, "good").weights
    inside = {place for each in weights for place in range(each.start, each.stop)}
    places = [place for place in range(len(good)) if place not in inside]
    noise = np.random.default_rng(seed).normal(scale=0.1, size=16000).astype(np.float32)
    for number in range(count):
        altered = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            altered[draw.choice(places)] = draw.choice((*BYTES, draw.randrange(256)))
        began = time.monotonic()
        outcome = "refused when read"
        try:
            read = encoder.loads(bytes(altered), f"network {number}", needs=needs)
            outcome = "refused when run"
            vector = read.vector(noise, sample_rate=16000)
            outcome = "run"
            found.check(np.isfinite(vector).all(), f"network {number}: {vector[:3]}")
        except UserError as error:
            found.check("\n" not in str(error), f"network {number}: {error}")
        except Exception as error:
            found.wrong.append(f"network {number}: {error!r}")
        found.add(outcome, 1)
        seconds = time.monotonic() - began
        found.check(seconds < SLOWEST, f"network {number}: {seconds:.0f} s")
    encoder_run.end_all()
    yield found
