import copy
import dataclasses

import numpy as np
import pytest

import own_machine
from pygoodvibes.detectors.kinds import Sizes
from pygoodvibes.models import kept as kept_clips
from pygoodvibes.models import machine_model

ENTRY = {
    "when": "2026-05-04T12:00:00Z",
    "added": ["a.wav"],
    "excluded": [],
    "clips": [5, 6],
    "thresholds": {"knn": [1.0, 2.0]},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = own_machine.healthy(tmp_path_factory.mktemp("kept") / "pump", 6)
    return own_machine.fit(folder, detectors="knn").model.kept.changed(ENTRY)


def arrays_of(kept):
    return {name: getattr(kept, name).copy() for name in kept_clips.ARRAYS}


def sizes_of(kept):
    width, bands = kept.embedding.shape[1], kept.levels.shape[2]
    return Sizes(clips=len(kept.hashes), d=width, bands=bands)


def test_rows_come_back_as_they_were(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 4)
    for options in ({}, {"window": 0.5}):
        fit = own_machine.fit(folder, detectors="knn", **options)
        rows = fit.model.kept.rows(machine="pump", machine_id="", sample_rate=own_machine.RATE)
        assert rows == fit.rows


def test_a_part_and_the_rest_are_the_whole(kept):
    chosen = np.array([True, False, False, True, True, False])
    whole = kept.some(~chosen).joined(kept.some(chosen))
    assert whole.recordings == kept.recordings and whole.hashes == kept.hashes
    for name in kept_clips.ARRAYS:
        assert np.array_equal(getattr(whole, name), getattr(kept, name)), name
        assert getattr(whole, name).dtype == getattr(kept, name).dtype


def test_what_is_too_large_for_a_file_is_not_kept(kept, monkeypatch, tmp_path):
    assert kept.small
    long = [{**kept.recordings[0], "path": "x" * 1001}, *kept.recordings[1:]]
    assert not dataclasses.replace(kept, recordings=long).small
    monkeypatch.setattr(kept_clips, "MOST_BYTES", 1000)
    assert not kept.small
    fit = own_machine.fit(tmp_path / "pump", detectors="knn")
    assert fit.model.kept is None
    assert fit.notes == [
        "20 clips are too many for the model to keep what a later fit takes of them: to add or "
        "exclude some, fit again to all"
    ]
    assert machine_model.loads(machine_model.dumps(fit.model), "m.pgv").kept is None


def test_the_oldest_changes_make_room(kept):
    long = {**ENTRY, "added": ["x" * 900] * 400}
    for _ in range(5):
        kept = kept.changed(long)
    assert kept.history == [long, long]


def test_what_is_written_is_let_pass(kept):
    table = kept_clips.table_of(kept)
    kept_clips.check_table(table, kept.hashes, ["knn"])
    kept_clips.check_arrays(table, arrays_of(kept), sizes_of(kept), windows=False)
    assert table["history"] == [ENTRY]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), []),
        (("more",), 1),
        (("recordings",), []),
        (("recordings", 0), {}),
        (("recordings", 0, "path"), 3),
        (("recordings", 0, "path"), ""),
        (("recordings", 0, "path"), "x" * 2000),
        (("recordings", 0, "path"), "001.wav"),
        (("recordings", 0, "xxh3_128"), "0" * 31),
        (("recordings", 0, "codec"), "PCM\x1b[31m"),
        (("recordings", 0, "channels"), 0),
        (("recordings", 0, "channels"), True),
        (("recordings", 0, "sample_rate"), 8000.0),
        (("history",), {}),
        (("history", 0), {}),
        (("history", 0, "when"), "yesterday"),
        (("history", 0, "when"), None),
        (("history", 0, "added"), "a.wav"),
        (("history", 0, "added"), [1]),
        (("history", 0, "excluded"), ["x" * 2000]),
        (("history", 0, "clips"), [5]),
        (("history", 0, "clips"), [5, -1]),
        (("history", 0, "thresholds"), []),
        (("history", 0, "thresholds", "knn"), [1.0]),
        (("history", 0, "thresholds", "knn"), [1.0, float("nan")]),
        (("history", 0, "thresholds", "other"), [1.0, 2.0]),
    ],
)
def test_any_other_table_is_refused(kept, path, value):
    table = copy.deepcopy(kept_clips.table_of(kept))
    place = table
    for step in path[:-1]:
        place = place[step]
    if path:
        place[path[-1]] = value
    with pytest.raises(ValueError, match=r"."):
        kept_clips.check_table(table if path else value, kept.hashes, ["knn"])


def test_a_table_without_hashes_is_refused(kept):
    with pytest.raises(ValueError, match="the hashes of the samples are missing"):
        kept_clips.check_table(kept_clips.table_of(kept), None, ["knn"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recording", -1),
        ("recording", 6),
        ("recording", 1),  # the first recording has no clip
        ("offset", -2),
        ("offset", 0),
        ("seconds", 0.0),
        ("seconds", np.inf),
        ("seconds", 1e9),
        ("peak", -1.0),
        ("peak", 1e300),
        ("clipped", 2.0),
        ("clipped", np.nan),
        ("floors", 2000.0),
        ("floors", -200.0),
        ("floors", np.nan),  # one band of a clip
        ("embedding", np.nan),
        ("levels", np.inf),
        ("levels", 2000.0),
    ],
)
@pytest.mark.parametrize("windows", [False, True])
def test_arrays_with_values_that_are_never_written_are_refused(kept, name, value, windows):
    arrays = arrays_of(kept)
    if windows:
        arrays["offset"][:] = 0
    arrays[name].reshape(-1)[0] = value
    table = kept_clips.table_of(kept)
    if windows and name == "offset" and value == 0:
        return  # as windows have it
    with pytest.raises(ValueError, match="kept"):
        kept_clips.check_arrays(table, arrays, sizes_of(kept), windows=windows)


@pytest.mark.parametrize("name", kept_clips.ARRAYS)
def test_arrays_of_other_sizes_or_types_are_refused(kept, name):
    table = kept_clips.table_of(kept)
    for alter in (lambda array: array[:-1], lambda array: array[..., None]):
        altered = {**arrays_of(kept), name: alter(getattr(kept, name))}
        with pytest.raises(ValueError, match=f"kept/{name}"):
            kept_clips.check_arrays(table, altered, sizes_of(kept), windows=False)
    altered = {**arrays_of(kept), name: getattr(kept, name).astype("f2")}
    with pytest.raises(ValueError, match=f"kept/{name}"):
        kept_clips.check_arrays(table, altered, sizes_of(kept), windows=False)
