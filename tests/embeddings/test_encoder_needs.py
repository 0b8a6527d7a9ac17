import json

import pytest
from pydantic import ValidationError

from pygoodvibes.embeddings.encoder_needs import KEY, Needs, read, written
from pygoodvibes.util.errors import UserError

SAMPLES = {"name": "x", "kind": "signal"}
TOLD = {"sample_rate": 16000, "inputs": [SAMPLES], "output": "y"}


def of(**changed):
    return Needs.model_validate({**TOLD, **changed})


def test_what_is_written_is_read():
    needs = of(
        length=160000,
        inputs=[{"name": "a", "kind": "frames", "n_mels": 64}, {"name": "b", "kind": "spectrum"}],
    )
    assert read({KEY: written(needs)}, "a.onnx") == needs


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, r"a\.onnx: the file doesn't say what it takes"),
        ({KEY: "{"}, r"a\.onnx: metadata pygoodvibes can't be read"),
        ({KEY: json.dumps({**TOLD, "more": 1})}, "more: Extra inputs"),
        ({KEY: "[" * 99_000}, "can't be read"),
        ({KEY: " " * 200_000}, "too long"),
    ],
)
def test_a_file_that_says_nothing_known_is_refused(metadata, said):
    with pytest.raises(UserError, match=said):
        read(metadata, "a.onnx")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inputs": []}, "at least 1"),
        ({"inputs": [SAMPLES, SAMPLES]}, "a name comes twice"),
        ({"inputs": [{**SAMPLES, "axes": "btf"}]}, "'btf' is not for signal"),
        ({"inputs": [{**SAMPLES, "axes": "bbt"}]}, "'bbt' is not for signal"),
        ({"inputs": [{"name": "x", "kind": "spectrum"}]}, "pieces of one length"),
        ({"axes": "btt"}, "a letter comes twice"),
        ({"axes": "btd", "pooling": "none"}, "several lengths"),
        ({"inputs": [{"name": "x", "kind": "stft", "fmax": 9000.0}]}, "above half the sample rate"),
        ({"inputs": [{**SAMPLES, "std": 0.0}]}, "greater than 0"),
        ({"inputs": [{**SAMPLES, "path": "/etc/passwd"}]}, "Extra inputs"),
        ({"format": 2}, "Input should be 1"),
    ],
)
def test_needs_that_make_no_sense_say_why(changed, said):
    with pytest.raises(ValidationError, match=said):
        of(**changed)
