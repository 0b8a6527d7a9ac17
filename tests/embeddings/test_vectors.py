import numpy as np
import pytest

from pygoodvibes.embeddings import vectors
from pygoodvibes.util.errors import UserError

RECORDS = [
    {"clip": "a.wav", "split": "train", "label": "normal", "more": 1},
    {"clip": "b.wav", "split": "test", "label": "anomaly", "more": 2},
    {"clip": "ü,|.wav", "split": "test", "label": "unknown", "more": 3},
]
VALUES = np.arange(6, dtype=np.float32).reshape(3, 2)


def example():
    return vectors.from_records(RECORDS, VALUES, ["x", "y"])


def test_records_and_values_go_row_by_row():
    joined = example()
    assert list(joined.clip) == ["a.wav", "b.wav", "ü,|.wav"]
    assert list(joined.label) == ["normal", "anomaly", "unknown"]
    assert list(joined.train) == [True, False, False]
    assert list(joined.columns) == ["x", "y"]


@pytest.mark.parametrize("name", ["a.npz", "a", "a.vectors"])
def test_what_is_written_comes_back_under_the_name_given(tmp_path, name):
    vectors.save(tmp_path / name, example(), fold=np.array([3, 1]))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    back, more = vectors.load(tmp_path / name)
    for key in ("clip", "split", "label", "values", "columns"):
        assert np.array_equal(getattr(back, key), getattr(example(), key))
    assert list(more) == ["fold"]
    assert np.array_equal(more["fold"], [3, 1])


def test_no_clips_come_back_as_no_clips(tmp_path):
    nothing = vectors.from_records([], np.zeros((0, 4), np.float32), list("abcd"))
    vectors.save(tmp_path / "a.npz", nothing)
    back, _ = vectors.load(tmp_path / "a.npz")
    assert back.values.shape == (0, 4)
    assert back.train.shape == (0,)


def test_same_vectors_same_bytes(tmp_path):
    for name in "ab":
        vectors.save(tmp_path / name, example(), fold=np.arange(2))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_files_that_are_none_are_refused(tmp_path):
    vectors.save(tmp_path / "whole.npz", example())
    content = (tmp_path / "whole.npz").read_bytes()
    np.save(tmp_path / "array.npy", VALUES)
    bad = {
        "empty": b"",
        "text": b"no archive",
        "cut": content[: len(content) // 2],
        "array": (tmp_path / "array.npy").read_bytes(),
    }
    for name, bytes_of_it in bad.items():
        (tmp_path / name).write_bytes(bytes_of_it)
        with pytest.raises(UserError, match=rf"{name}: no readable file of vectors"):
            vectors.load(tmp_path / name)
    with pytest.raises(UserError, match="missing: no readable file"):
        vectors.load(tmp_path / "missing")
    np.savez(tmp_path / "other.npz", clip=np.array(["a"]), values=VALUES)
    with pytest.raises(UserError, match=r"lacks the array\(s\) split, label, columns"):
        vectors.load(tmp_path / "other.npz")


def test_one_array_is_read_without_the_others(tmp_path):
    np.savez(tmp_path / "v.npz", mean=np.arange(3.0), clip=np.array([object()]))
    assert vectors.load_array(tmp_path / "v.npz", "mean").tolist() == [0, 1, 2]
    with pytest.raises(UserError, match=r"lacks the array\(s\) fold"):
        vectors.load_array(tmp_path / "v.npz", "fold")
    with pytest.raises(UserError, match="missing: no readable file"):
        vectors.load_array(tmp_path / "missing", "mean")


def test_pickled_objects_are_not_loaded(tmp_path):
    np.savez(tmp_path / "a.npz", clip=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(UserError, match="no readable file of vectors"):
        vectors.load(tmp_path / "a.npz")


def test_what_an_encoder_has_not_seen_is_told_beside_the_vectors(tmp_path):
    made = vectors.from_records(
        [{"clip": name, "split": "train", "label": "normal"} for name in "abc"],
        np.zeros((3, 2), np.float32),
        ["x", "y"],
    )
    vectors.save(tmp_path / "plain.npz", made)
    assert vectors.unseen(*vectors.load(tmp_path / "plain.npz")).tolist() == [True] * 3
    vectors.save(tmp_path / "learnt.npz", made, **{vectors.UNSEEN: np.array([1, 0, 1], bool)})
    assert vectors.unseen(*vectors.load(tmp_path / "learnt.npz")).tolist() == [True, False, True]
