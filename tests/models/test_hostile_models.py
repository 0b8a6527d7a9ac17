"""Reading a model file runs no code from it, is bounded, and ends in one sentence.

`make soak` tries many more files.
"""

import copy
import json
import os
import pathlib
import subprocess
import sys

import onnx
import pytest

import hostile
import made_encoders
import own_machine
from pygoodvibes.__main__ import main
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.util import stored_zip
from pygoodvibes.util.errors import UserError

# numbers without measure overflow; what comes of that is refused
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return hostile.base(tmp_path_factory.mktemp("base"))


def test_the_file_that_is_altered_is_good_itself(good):
    model = machine_model.loads(good, "m.pgv")
    assert list(model.estimators) == ["choice", *hostile.CONTENT["detectors"]]
    assert hostile.outcome(good, list(model.estimators)) == "scored"
    assert machine_model.dumps(model) == good


@pytest.mark.parametrize("seed", range(5))
def test_altered_files_are_refused_in_a_sentence_or_score(good, tmp_path, seed):
    found = [
        hostile.outcome(content, names)
        for _, names, content in hostile.Maker(good, seed, tmp_path / "trap").files(30)
    ]
    assert not (tmp_path / "trap").exists()
    assert found.count("refused at once") > 3 and found.count("refused when scoring") > 5
    assert found.count("scored") < 15


def test_none_runs_code_takes_much_memory_or_time_or_ends_the_process():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "tests/hostile.py", "60", "1000"],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["scripts", "tests"])},
    )
    # the last line of standard error names the file at which it ended
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["called"] == []
    assert found["peak_mb"] < 500 and found["slowest"][0] < 10, found


def call(node):
    """Return a structure with a call where an attribute stands."""
    return lambda head: head["detectors"]["fusion"]["state"].update(temperature=node)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (call({"__loader__": "MethodNode"}), "fusion: temperature: a number is expected"),
        (
            lambda head: head["detectors"]["fusion"]["state"].update(score_samples=1),
            "fusion: fusion.Fusion: not the declared parameters and attributes",
        ),
        (
            lambda head: head["detectors"]["fusion"].update({"class": "os.system"}),
            "fusion: an object of fusion.Fusion is expected",
        ),
        (
            lambda head: head["detectors"].update(fusion=head["detectors"]["lof"]),
            "fusion: an object of fusion.Fusion is expected",
        ),
        (
            lambda head: head["detectors"]["fusion"]["state"].update(temperature=0),
            "fusion: temperature: a number is out of bounds",
        ),
        (
            lambda head: head["settings"]["mel"].update(n_mels=15),
            "pca/0/mean: a size is 80, 75 was expected (d)",
        ),
        (
            lambda head: head["settings"]["mel"].update(fmax=1e6),
            "mel.fmax: 1e+06 Hz is above half the sample rate (4000 Hz)",
        ),
        (lambda head: head["settings"]["audio"].update(channel=-1), "audio.channel: "),
        (
            lambda head: head["training"].update(clips=99, samples_xxh3_128=99 * ["0" * 32]),
            "held_out/choice: a size is 14",
        ),
        (
            lambda head: head["training"].update(samples_xxh3_128=14 * ["\x1b[31m"]),
            "training: samples_xxh3_128 holds something else than hashes",
        ),
        (
            lambda head: head["training"]["condition"].update(codecs=["\x1b[31m"]),
            "condition: a codec has no name",
        ),
        (
            lambda head: head["training"]["condition"]["spectrum"].update(floors=[1e308]),
            "spectrum: floors is no list of 16",
        ),
        (lambda head: head.update(name="\x1b[31m"), "name: holds characters"),
        (
            lambda head: head["settings"]["detectors"]["fusion"].update(folds=1),
            "fusion: fusion.folds: ",
        ),
    ],
)
def test_what_is_wrong_is_said(good, change, reason, tmp_path, capsys):
    maker = hostile.Maker(good, 0, tmp_path / "trap")
    change(maker.head)
    path, clip = tmp_path / "m.pgv", tmp_path / "a.wav"
    path.write_bytes(hostile.signed(maker.pack(maker.head, maker.members)))
    own_machine.write(clip, 1)
    assert main(["score", str(path), str(clip), "--detector", "fusion"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Error: {path}: no readable model ({reason}"), said
    assert said.count("\n") == 1


def test_no_estimator_that_settings_name_is_imported(good, tmp_path):
    maker = hostile.Maker(good, 0, tmp_path / "trap")
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'trap')!r}, 'w')")
    sys.path.insert(0, str(tmp_path))
    try:
        for name in ("iforest", "fusion"):
            maker.head["settings"]["detectors"][name]["method"] = "evil.Estimator"
        content = hostile.signed(maker.pack(maker.head, maker.members))
        assert hostile.outcome(content, ["iforest", "fusion"]) == "refused when scoring"
    finally:
        sys.path.remove(str(tmp_path))
    assert "evil" not in sys.modules and not (tmp_path / "trap").exists()


def test_a_file_that_is_too_large_is_not_even_read(good, tmp_path, monkeypatch):
    path = tmp_path / "m.pgv"
    with path.open("wb") as file:
        file.write(good[:1000])
        file.truncate(machine_model.MOST_BYTES + 1)  # a hole: takes no room on the disk
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: pytest.fail("read"))
    with pytest.raises(UserError, match=r"m.pgv: more than 512 MB, no model is as large"):
        machine_model.load(path)
    monkeypatch.setattr(machine_model, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match="no model is as large"):
        machine_model.loads(good, "m.pgv")


def test_a_part_of_the_choice_that_is_not_there_is_refused(good, tmp_path):
    for change in ({"detector": "gone"}, {"detector": "choice"}, {"member": "gone"}):
        maker = hostile.Maker(good, 0, tmp_path / "trap")
        maker.head["detectors"]["choice"]["state"]["parts"][0]["state"].update(change)
        model = machine_model.loads(hostile.signed(maker.pack(maker.head, maker.members)), "m.pgv")
        with pytest.raises(UserError, match=r"m.pgv: no readable model \(choice: choice takes a"):
            score_clip(model, hostile.CLIP)


def without(name):
    return lambda head, members: members.pop(name)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without("pca/0/scale.npy"), "'pca/0/scale.npy'"),
        (without("pca/0/mean.npy"), "pca/0/components.npy belongs to nothing"),
        (without("held_out/lof.npy"), "'held_out/lof.npy'"),
        (lambda head, members: head.pop("format"), "'format'"),
        (lambda head, members: head.clear(), "'format'"),
        (lambda head, members: members.update({"x.npy": b""}), "x.npy belongs to nothing"),
        (lambda head, members: members.update({"detectors/lof/99.npy": b""}), "belongs to nothing"),
    ],
)
def test_what_is_missing_or_left_over_is_an_error_of_the_file(good, change, reason, tmp_path):
    maker = hostile.Maker(good, 0, tmp_path / "trap")
    change(maker.head, maker.members)
    with pytest.raises(UserError, match=rf"^m.pgv: no readable model \(.*{reason}"):
        machine_model.loads(hostile.signed(maker.pack(maker.head, maker.members)), "m.pgv")
    with pytest.raises(UserError, match=r"^m.pgv: no readable model \("):
        machine_model.loads(hostile.signed(maker.pack([1, 2], maker.members)), "m.pgv")


def test_a_choice_by_another_name_is_none(good, tmp_path):
    maker = hostile.Maker(good, 0, tmp_path / "trap")
    maker.head["detectors"]["lof"] = maker.head["detectors"]["choice"]
    maker.head["settings"]["detectors"]["lof"]["method"] = "choice"
    members = {name: each for name, each in maker.members.items() if "detectors/lof" not in name}
    model = machine_model.loads(hostile.signed(maker.pack(maker.head, members)), "m.pgv")
    for name in ("lof", "choice"):
        with pytest.raises(UserError, match=r"m.pgv: no readable model \(lof: an object of"):
            score_clip(model, hostile.CLIP, detector=name)


@pytest.fixture(scope="module")
def with_encoder(tmp_path_factory):
    """Return a model that carries an encoder, and what makes others of it."""
    folder = tmp_path_factory.mktemp("encoder")
    (folder / "small.onnx").write_bytes(made_encoders.small())
    content = {"embedding": {"method": "onnx", "file": str(folder / "small.onnx")}}
    model = own_machine.fit(folder / "pump", content, detectors="knn").model
    return hostile.Maker(machine_model.dumps(model), 0, folder / "trap")


def carrying(maker, encoder, **needs):
    """Return a model file with another encoder, whatever it may be."""
    head = copy.deepcopy(maker.head)
    if needs:
        head["settings"]["embedding"]["needs"] = needs
    members = {**maker.members, "encoder.onnx": encoder}
    members = {name: content for name, content in members.items() if content is not None}
    return hostile.signed(maker.pack(head, members))


def outside(model):
    model.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")
    model.graph.initializer[0].data_location = 1


def foreign(model):
    model.graph.node[0].domain = "evil"


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (None, r"no readable model \(.*encoder\.onnx"),
        (lambda model: b"no graph", "not run"),
        (outside, "not run"),
        (foreign, r"not run \(operators that are not of the standard"),
        (lambda model: made_encoders.small(told="nothing"), "metadata pygoodvibes can't be read"),
    ],
)
def test_an_encoder_that_does_harm_is_refused_when_the_model_is_read(with_encoder, alter, said):
    content = None
    if alter is not None:
        graph = onnx.load_from_string(made_encoders.small())
        content = alter(graph) or graph.SerializeToString()
    with pytest.raises(UserError, match=rf"m\.pgv: {said}"):
        machine_model.loads(carrying(with_encoder, content), "m.pgv")


def test_an_encoder_that_no_method_runs_is_refused(good):
    members = stored_zip.read(good, hostile.DIGEST)
    members = {name: bytes(content) for name, content in members.items()}
    members["encoder.onnx"] = made_encoders.small()
    with pytest.raises(UserError, match=r"m\.pgv: .*encoder\.onnx belongs to nothing"):
        machine_model.loads(
            hostile.signed(stored_zip.write(members, b"0" * hostile.DIGEST)), "m.pgv"
        )


def test_an_encoder_with_vectors_of_another_length_scores_nothing(with_encoder):
    other = made_encoders.small(channels=3)
    model = machine_model.loads(carrying(with_encoder, other), "m.pgv")
    with pytest.raises(UserError, match="knn can't score this"):
        score_clip(model, own_machine.sound(1))
    good = machine_model.loads(carrying(with_encoder, made_encoders.small()), "m.pgv")
    assert score_clip(good, own_machine.sound(1)).score >= 0


def test_needs_beyond_any_measure_are_refused(with_encoder):
    told = made_encoders.needs().model_dump(mode="json")
    told["inputs"][0] |= {"hop_length": 1, "n_mels": 16, "n_fft": 65536}
    told["sample_rate"] = 400_000
    model = machine_model.loads(carrying(with_encoder, made_encoders.small(), **told), "m.pgv")
    with pytest.raises(UserError, match="frames: too many frames of 1 s"):
        score_clip(model, own_machine.sound(1))
    with pytest.raises(UserError, match=r"m\.pgv: no readable model"):
        machine_model.loads(
            carrying(with_encoder, made_encoders.small(), **{**told, "path": "/etc/passwd"}),
            "m.pgv",
        )
