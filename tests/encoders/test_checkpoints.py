import numpy as np

from pygoodvibes.encoders import checkpoints

TREES = {
    "weights": {"frames": [{"kernel": np.arange(6.0, dtype=np.float32)}, {}]},
    "count": (np.int32(3), [np.ones((2, 2), np.float32)]),
}


def test_a_state_comes_back_as_it_was(tmp_path):
    path = tmp_path / "deep/state.npz"
    checkpoints.save(path, TREES, [{"epoch": 0, "loss": None, "held_out_loss": 0.1}])
    trees, notes = checkpoints.load(path, TREES)
    assert notes == [{"epoch": 0, "loss": None, "held_out_loss": 0.1}]
    assert np.array_equal(trees["weights"]["frames"][0]["kernel"], np.arange(6))
    assert trees["weights"]["frames"][1] == {} and trees["count"][0] == 3
    assert [each.name for each in path.parent.iterdir()] == ["state.npz"]


def test_none_where_there_is_no_such_state(tmp_path):
    path = tmp_path / "state.npz"
    assert checkpoints.load(path, TREES) is None
    checkpoints.save(path, TREES, [])
    assert checkpoints.load(path, {**TREES, "more": np.zeros(1)}) is None
    other = {**TREES, "weights": {"frames": [{"kernel": np.zeros(7, np.float32)}, {}]}}
    assert checkpoints.load(path, other) is None
    for content in (path.read_bytes()[:300], b"", b"no archive"):
        path.write_bytes(content)
        assert checkpoints.load(path, TREES) is None
