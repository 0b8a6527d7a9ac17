import hashlib

import numpy as np
import onnx
import pytest
from onnx import helper

from made_encoders import N_MELS, WIDTH, needs, of_samples, samples_needs, small, tensor
from pygoodvibes.audio.mel import log_mel
from pygoodvibes.embeddings import encoder, encoder_run, onnx_file
from pygoodvibes.embeddings.encoder_needs import EncoderSettings
from pygoodvibes.util.errors import UserError

RATE = 16000
NOISE = np.random.default_rng(0).normal(scale=0.1, size=2 * RATE).astype(np.float32)
PLAIN = EncoderSettings()


@pytest.fixture(autouse=True, scope="module")
def _nothing_goes_on():
    yield
    encoder_run.end_all()


def vector(content, signal=NOISE, **changed):
    return encoder.loads(content, "a.onnx", **changed).vector(signal, sample_rate=RATE)


def test_a_clip_becomes_what_the_graph_makes_of_its_frames():
    from onnx.reference import ReferenceEvaluator

    content = small()
    frames = log_mel(NOISE, sample_rate=RATE, n_mels=N_MELS)[None, None]
    (expected,) = ReferenceEvaluator(onnx.load_from_string(content)).run(None, {"frames": frames})
    found = vector(content)
    assert found.dtype == np.float32 and found.shape == (WIDTH * N_MELS // 4,)
    assert np.allclose(found, expected[0].mean(axis=1).ravel(), rtol=1e-4, atol=1e-4)
    assert np.array_equal(found, vector(content))


def outputs():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(1, 3, 5, 2)).astype(np.float32) for _ in range(2)]


def test_time_is_pooled_over_all_pieces_and_frequency_is_kept():
    pieces = outputs()
    whole = np.concatenate(pieces, axis=2)[0]
    for pooling, expected in {
        "mean": whole.mean(axis=1).ravel(),
        "max": whole.max(axis=1).ravel(),
        "mean_std": np.concatenate([whole.mean(axis=1).ravel(), whole.std(axis=1).ravel()]),
        "none": np.mean(pieces, axis=0).ravel(),
    }.items():
        told = needs(axes="bdtf", pooling=pooling, length=RATE)
        assert np.allclose(encoder.pooled(pieces, told), expected, atol=1e-6)


def test_a_file_is_read_with_the_checksum_of_the_config(tmp_path):
    path = tmp_path / "a.onnx"
    path.write_bytes(small())
    sha256 = hashlib.sha256(small()).hexdigest()
    found = encoder.load(path, settings=PLAIN, sha256=sha256.upper())
    assert found.needs == needs() and found.sha256 == sha256
    with pytest.raises(UserError, match=rf"a\.onnx: another file .* its SHA-256 is {sha256}"):
        encoder.load(path, settings=PLAIN, sha256="0" * 64)
    with pytest.raises(UserError, match=r"no\.onnx: can't be read \(No such file"):
        encoder.load(tmp_path / "no.onnx", settings=PLAIN)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.onnx"
    path.write_bytes(small())
    monkeypatch.setattr(onnx_file, "MOST_BYTES", 100)
    with pytest.raises(UserError, match=r"a\.onnx: not run \(more than 0 MB\)"):
        encoder.load(path, settings=PLAIN)


def test_the_control_is_the_same_graph_with_other_weights(tmp_path):
    path = tmp_path / "a.onnx"
    path.write_bytes(small())
    learned = encoder.load(path, settings=PLAIN)
    drawn = [
        encoder.load(path, settings=EncoderSettings(control="random", control_seed=seed))
        for seed in (0, 0, 1)
    ]
    assert drawn[0].content == drawn[1].content
    assert len({each.sha256 for each in [learned, *drawn]}) == 3
    assert len(drawn[0].content) == len(learned.content) and drawn[0].needs == learned.needs
    one, other = (each.vector(NOISE, sample_rate=RATE) for each in (learned, drawn[0]))
    assert one.shape == other.shape and not np.allclose(one, other)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (needs(inputs=[{"name": "no", "kind": "frames"}]), "has the input.s. frames, and no are"),
        (needs(output="no"), "has the output.s. vectors, and no is told"),
        (needs(axes="bd"), "vectors has 4 axes, and bd are told"),
        (needs(inputs=[{"name": "frames", "kind": "frames"}]), "frames has 4 axes, and btf"),
    ],
)
def test_needs_that_do_not_fit_the_graph_say_why(told, said):
    with pytest.raises(UserError, match=rf"a\.onnx: .*{said}"):
        encoder.loads(small(), "a.onnx", needs=told)


@pytest.mark.parametrize(
    ("node", "told", "said"),
    [
        (helper.make_node("Log", ["samples"], ["vectors"]), samples_needs(), "no finite numbers"),
        (
            helper.make_node("Identity", ["samples"], ["vectors"]),
            samples_needs(axes="bt"),
            r"shape \(32000,\), where the axes bt",
        ),
        (
            helper.make_node("Identity", ["samples"], ["vectors"]),
            samples_needs(axes="b"),
            r"shape \(32000,\) for one clip",
        ),
        (
            helper.make_node("Identity", ["samples"], ["vectors"]),
            samples_needs(axes="d", length=70_000),
            "a vector of 70000 values, more than 65536",
        ),
    ],
)
def test_an_output_that_is_no_vector_is_refused(node, told, said):
    with pytest.raises(UserError, match=rf"a\.onnx: the encoder gives no vector \(.*{said}"):
        vector(of_samples([node], told=told))


def test_a_graph_of_samples_gets_them(tmp_path):
    node = helper.make_node("Mul", ["samples", "factor"], ["vectors"])
    content = of_samples([node], [tensor("factor", [2.0])])
    assert vector(content)[0] == pytest.approx(2 * NOISE.mean(), abs=1e-7)
