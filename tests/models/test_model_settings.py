import copy

import numpy as np
import pytest

import own_machine
from pygoodvibes.config.validate import validate
from pygoodvibes.models import model_settings
from pygoodvibes.models.assemble import settings_of

DETECTORS = {"lof": {}, "trees": {"method": "sklearn.ensemble.IsolationForest"}, "frames": {}}
CONFIG = validate(
    {
        "dataset": {"name": "x", "source": "folder", "path": "x"},
        "audio": {"sample_rate": own_machine.RATE},
        "detectors": DETECTORS,
        **own_machine.SMALL,
    }
)
HEAD = {
    "format": 3,
    "name": "pump",
    "machine": "pump",
    "id": "",
    "settings": settings_of(CONFIG, with_choice=True),
    "training": {
        "clips": 4,
        "seconds": 4.0,
        "median_seconds": 1.0,
        "shortest": 1.0,
        "longest": 1.0,
        "samples_xxh3_128": ["0" * 32, "1" * 32, "2" * 32, "3" * 32],
        "condition": {
            "sample_rate": own_machine.RATE,
            "codecs": ["MP3", "PCM"],
            "channels": [1, 8],
            "sample_rates": [own_machine.RATE],
            "peak": 0.5,
            "clipped": 0.0,
            "spectrum": {
                "floors": [-60.0] * 16,
                "weights": [0.0625] * 16,
                "cliffs": [15.0] * 8,
                "level": 6.0,
                "noise": 12.0,
            },
        },
    },
    "smooth": 9,
    "detectors": {},
    "provenance": {},
}
ARRAYS = {
    **{
        f"pca/{number}/{name}": array
        for number in range(2)
        for name, array in {
            "mean": np.zeros(80),
            "scale": np.ones(80),
            "components": np.ones((3, 80)),
            "explained_variance_ratio": np.ones(3),
            "residual_unit": np.ones(()),
        }.items()
    },
    "normal/level": np.zeros(16),
    "normal/spread": np.ones(16),
    "held_out/lof": np.array([1, 2, np.nan, 3]),
}


def changed(path, value):
    head = copy.deepcopy(HEAD)
    place = head
    for step in path[:-1]:
        place = place[step]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return head


def test_what_is_written_is_accepted():
    model_settings.check(HEAD)
    assert model_settings.check_arrays(HEAD, ARRAYS) == {
        "mel": 16,
        "embedding": 80,
        "components": 3,
        "projection": 4,
        "folds": 2,
    }


def test_projections_without_a_residual_are_those_of_the_components():
    arrays = {name: np.zeros(()) if "unit" in name else array for name, array in ARRAYS.items()}
    assert model_settings.check_arrays(HEAD, arrays)["projection"] == 3
    with pytest.raises(ValueError, match="only some have a residual"):
        model_settings.check_arrays(HEAD, {**arrays, "pca/1/residual_unit": np.ones(())})
    without = {name: array for name, array in arrays.items() if not name.startswith("pca")}
    with pytest.raises(ValueError, match="pca: there is none"):
        model_settings.check_arrays(HEAD, without)


@pytest.mark.parametrize("key", ["samples_xxh3_128", "condition"])
def test_a_model_from_before_there_were_any_goes_on_being_read(key):
    model_settings.check(changed(("training", key), KeyError))


def test_too_few_training_clips_leave_no_spectrum():
    model_settings.check(changed(("training", "condition", "spectrum"), None))


CONDITIONS = [
    ((), None),
    ((), []),
    (("more",), 1),
    (("peak",), KeyError),
    (("spectrum",), KeyError),
    (("sample_rate",), 0),
    (("codecs",), "MP3"),
    (("codecs",), [3]),
    (("codecs",), ["\x1b[31mred"]),
    (("codecs",), ["x" * 41]),
    (("codecs",), ["{path}"]),
    (("codecs",), ["MP3"] * 1001),
    (("channels",), ["1"]),
    (("channels",), [0]),
    (("channels",), {"1": 1}),
    (("sample_rates",), [1e6]),
    (("peak",), float("inf")),
    (("peak",), True),
    (("clipped",), 1.5),
    (("clipped",), float("nan")),
    (("spectrum",), {}),
    (("spectrum",), [-60.0]),
    (("spectrum", "more"), 1),
    (("spectrum", "floors"), [-60.0] * 15),
    (("spectrum", "floors"), [-60.0] * 15 + [float("nan")]),
    (("spectrum", "floors"), [-60.0] * 15 + ["-60"]),
    (("spectrum", "floors"), [[-60.0] * 16] * 16),
    (("spectrum", "weights"), [-0.1] * 16),
    (("spectrum", "weights"), -1.0),
    (("spectrum", "cliffs"), [15.0] * 9),
    (("spectrum", "cliffs"), [0] * 8),
    (("spectrum", "level"), 0),
    (("spectrum", "level"), [6.0]),
    (("spectrum", "level"), 10**400),
    (("spectrum", "noise"), None),
]


@pytest.mark.parametrize(("path", "value"), CONDITIONS)
def test_a_condition_that_is_never_learned_is_refused(path, value):
    with pytest.raises(ValueError):
        model_settings.check(changed(("training", "condition", *path), value))


@pytest.mark.parametrize("section", ["audio", "mel", "embedding", "threshold"])
def test_every_key_of_a_section_must_be_there_and_no_other(section):
    for key in HEAD["settings"][section]:
        with pytest.raises(ValueError):
            model_settings.check(changed(("settings", section, key), KeyError))
    with pytest.raises(ValueError):
        model_settings.check(changed(("settings", section, "more"), 1))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "a\nb"),
        (("id",), 3),
        (("smooth",), 0),
        (("more",), 1),
        (("training", "clips"), 0),
        (("training", "median_seconds"), 1e300),
        (("training", "longest"), 0.5),
        (("training", "window"), 1.0),
        (("training", "samples_xxh3_128"), ["0" * 32]),
        (("training", "samples_xxh3_128"), 4 * ["0" * 31 + "x"]),
        (("training", "samples_xxh3_128"), 4 * [0]),
        (("training", "samples_xxh3_128"), {"0" * 32: 4}),
        (("detectors", "gone"), {}),
        (("provenance",), []),
        (("settings", "audio", "sample_rate"), 10**9),
        (("settings", "audio", "channel"), 0.5),
        (("settings", "mel", "n_fft"), 10**9),
        (("settings", "mel", "fmax"), 5000.0),
        (("settings", "mel", "hop_length"), 0),
        (("settings", "embedding", "method"), "os"),
        (("settings", "embedding", "gwrp"), [n / 10**4 for n in range(2000)]),
        (("settings", "threshold", "method"), "exec"),
        (("settings", "threshold", "false_alarm_rates", "lof"), 0),
        (("settings", "threshold", "false_alarm_rates", "lof"), KeyError),
        (("settings", "detectors", "../lof"), {}),
        (("settings", "detectors", "lof", "input"), "os"),
        (("settings", "detectors", "lof", "components"), 0),
        (("settings", "detectors", "lof", "components"), KeyError),
        (("settings", "detectors", "lof", "method"), KeyError),
        (("settings", "detectors", "choice", "method"), "lof"),
    ],
)
def test_other_values_are_refused(path, value):
    with pytest.raises(ValueError):
        model_settings.check(changed(path, value))


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_another_shape_are_refused(name):
    for array in (
        np.atleast_1d(ARRAYS[name])[:-1],
        ARRAYS[name].astype(np.float32),
        ARRAYS[name][None],
    ):
        with pytest.raises(ValueError, match=name.split("/")[0]):
            model_settings.check_arrays(HEAD, {**ARRAYS, name: array})


def test_detectors_are_checked_when_they_are_asked_for_and_see_what_their_settings_say():
    seen = {"mel": 16, "embedding": 80, "components": 3, "projection": 4, "folds": 6}
    folds = {"folds": 6}
    settings = HEAD["settings"]["detectors"]
    assert model_settings.sizes_seen("lof", settings["lof"], seen) == {"d": 4} | folds
    for asked, size in ((2, 2), (9, 3)):
        first = {**settings["lof"], "components": asked}
        assert model_settings.sizes_seen("lof", first, seen) == {"d": size} | folds
    assert model_settings.sizes_seen("frames", settings["frames"], seen) == {"bands": 16} | folds
    trees = {**settings["trees"], "input": "embedding", "method": "no.such.module"}
    assert model_settings.sizes_seen("trees", trees, seen) == {"d": 80} | folds
    for name, change in (("lof", {"n_neighbors": 0}), ("frames", {"input": "embedding"})):
        with pytest.raises(ValueError, match=rf"{name}\.{next(iter(change))}"):
            model_settings.sizes_seen(name, {**settings[name], **change}, seen)
    with pytest.raises(ValueError, match=r"trees\.input"):
        model_settings.sizes_seen("trees", {**trees, "input": "mel"}, seen)
