"""What `model.json` of a model file may say, and how the parts of a model fit each other.

Settings are checked with the sections of the config. An estimator named by a dotted path is not
imported for this check: once it is fitted, scoring doesn't need its parameters.
"""

import itertools
import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from pygoodvibes.audio.condition import BANDS, SILENT
from pygoodvibes.audio.settings import Audio, Mel, check_nyquist
from pygoodvibes.audio.usable import LARGEST
from pygoodvibes.data.condition import CLIFFS
from pygoodvibes.detection.settings import Threshold
from pygoodvibes.detectors import registry as detectors_registry
from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.detectors.kinds import Array, Number, Sizes, Text
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.embeddings import registry
from pygoodvibes.embeddings.embed import columns_of
from pygoodvibes.explanation.signs import LEAST_RATE, sizes_of
from pygoodvibes.models import kept as kept_clips
from pygoodvibes.util.settings import ALTERNATIVE, NAME_PATTERN

KEYS = (
    "format",
    "name",
    "machine",
    "id",
    "settings",
    "training",
    "smooth",
    "detectors",
    "provenance",
)
"""Keys of `model.json`, to which `kept` comes where a model keeps something of its clips."""

HASHES = "samples_xxh3_128"
"""Key of `training` with the hashes of the samples."""

MOST_STATISTICS = 1000
"""Largest embedding, in values a mel band."""

LONGEST = 7 * 24 * 3600.0
"""Seconds of the longest training clip."""

_COUNT = Number(low=1, high=2**31, whole=True)
_SECONDS = Number(above=0, high=LONGEST)
_TRAINING = {
    "clips": _COUNT,
    "seconds": Number(above=0),
    "median_seconds": _SECONDS,
    "shortest": _SECONDS,
    "longest": _SECONDS,
}
_WINDOWS = {"recordings": _COUNT, "window": _SECONDS, "hop": _SECONDS}
_CONDITION, _SIGNS = "condition", "signs"
_SIZE = Number(low=-1e6, high=1e6)
_POSITIVE = Number(above=0, high=1e6)
_DECIBELS = Number(low=SILENT, high=1000)
_LIMIT = Number(above=0, high=10_000)
_CONDITIONS = {
    "sample_rate": _COUNT,
    "codecs": Text(),
    "channels": _COUNT,
    "sample_rates": _COUNT,
    "peak": Number(low=0, high=LARGEST),
    "clipped": Number(low=0, high=1),
}
_SPECTRUM = {
    "floors": (_DECIBELS, BANDS),
    "weights": (Number(low=0, high=1), BANDS),
    "cliffs": (_LIMIT, CLIFFS),
    "level": (_LIMIT, 0),
    "noise": (_LIMIT, 0),
}
_MOST_KINDS = 1000


class _SeenBy(DetectorSettings):
    """Settings of a detector that scoring needs, the same for all methods."""

    model_config = ConfigDict(extra="allow")

    method: str
    input: Literal["projection", "embedding", "mel"]


def check(head: Mapping) -> None:
    """Refuse a `model.json` with keys, values or settings that are never written.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    kept = {"kept"} & (head.keys() if isinstance(head, dict) else set())
    _expect_keys(head, {*KEYS, *kept}, "model.json")
    for key in ("name", "machine", "id"):
        Text().check(head[key], Sizes())
    if not head["name"].isprintable():
        raise ValueError("name: holds characters that can't be printed")
    Number(low=1, high=10_000, whole=True).check(head["smooth"], Sizes())
    _check_settings(head["settings"])
    _check_training(head["training"], head["settings"]["audio"]["sample_rate"])
    for key in ("detectors", "provenance"):
        if type(head[key]) is not dict:
            raise ValueError(f"{key}: a table is expected")
    if head["detectors"].keys() - head["settings"]["detectors"].keys():
        raise ValueError("detectors: one has no settings")
    if kept:
        hashes = head["training"].get(HASHES)
        kept_clips.check_table(head["kept"], hashes, head["settings"]["detectors"])


def _expect_keys(table: object, keys: object, name: str) -> None:
    if type(table) is not dict or table.keys() != set(keys):
        raise ValueError(f"{name}: other keys than {', '.join(sorted(keys))}")


def _check_settings(settings: object) -> None:
    _expect_keys(settings, ("audio", "mel", "embedding", "detectors", "threshold"), "settings")
    check_nyquist(*(_whole(model, settings, name) for name, model in _SECTIONS.items()))
    width_of(settings)
    limits, detectors = settings["threshold"], settings["detectors"]
    _expect_keys(limits, ("method", "false_alarm_rates"), "threshold")
    if type(detectors) is not dict or not detectors:
        raise ValueError("settings.detectors: a table is expected")
    _expect_keys(limits["false_alarm_rates"], detectors, "false_alarm_rates")
    for name, section in detectors.items():
        rate = limits["false_alarm_rates"][name]
        _checked(Threshold, {"method": limits["method"], "false_alarm_rate": rate}, "threshold")
        if not re.fullmatch(NAME_PATTERN, name) or len(name) > 200:
            raise ValueError("a detector has no name of letters, digits, '.', '_' and '-'")
        if name == CHOICE:
            _expect_keys(section, ("method",), name)
            if section["method"] != CHOICE:
                raise ValueError(f"{name}: another method")
        elif _checked(_SeenBy, section, name).model_fields_set.isdisjoint({"components"}):
            raise ValueError(f"{name}: components is missing")


_SECTIONS: dict[str, type[BaseModel]] = {"audio": Audio, "mel": Mel}


def _whole(model: type[BaseModel], settings: Mapping, name: str) -> BaseModel:
    """Check a section that has every key."""
    _expect_keys(settings[name], model.model_fields, name)
    return _checked(model, settings[name], name)


def _checked(model: type[BaseModel], section: object, name: str) -> BaseModel:
    try:
        return model.model_validate(section)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        steps = [step for step in map(str, first["loc"]) if not ALTERNATIVE.fullmatch(step)]
        keys = ".".join((name, *steps))
        raise ValueError(f"{keys}: {first['msg']}") from None


def width_of(settings: Mapping) -> int | None:
    """Check the settings of the embedding; return how many values a clip has.

    What an encoder gives is not told by settings: None.
    """
    section = settings["embedding"]
    if type(section) is not dict or section.get("method") not in registry.METHODS:
        raise ValueError("embedding: another method")
    beside = section.get("beside")
    parts = [section, beside] if isinstance(beside, dict) else [section]
    values = itertools.chain.from_iterable(part.values() for part in parts)
    if any(len(value) > MOST_STATISTICS for value in values if isinstance(value, list)):
        raise ValueError("embedding: too many values")
    _whole(registry.settings_of(section["method"]), settings, "embedding")
    if registry.uses_encoder(section["method"]):
        return None
    return len(columns_of(settings["mel"]["n_mels"], section))


def _check_training(training: object, sample_rate: int) -> None:
    windows = _WINDOWS if isinstance(training, dict) and "window" in training else {}
    kinds = {**_TRAINING, **windows}
    # files from before there were any go on being read
    given = training.keys() if isinstance(training, dict) else set()
    later = {HASHES, _CONDITION, _SIGNS} & given
    _expect_keys(training, kinds.keys() | later, "training")
    for key, kind in kinds.items():
        kind.check(training[key], Sizes())
    shortest, median, longest = (training[key] for key in ("shortest", "median_seconds", "longest"))
    if not shortest <= median <= longest:
        raise ValueError("training: the middle length is not between shortest and longest")
    if HASHES in later:
        _check_hashes(training[HASHES], training["clips"])
    if _CONDITION in later:
        _check_condition(training[_CONDITION])
    if _SIGNS in later:
        _check_signs(training[_SIGNS], sample_rate)


def _check_hashes(found: object, clips: int) -> None:
    """Refuse anything but a hash a clip."""
    if type(found) is not list or len(found) != clips:
        raise ValueError(f"training: {HASHES} is no list with a hash a clip")
    if not all(type(each) is str and re.fullmatch("[0-9a-f]{32}", each) for each in found):
        raise ValueError(f"training: {HASHES} holds something else than hashes")


def _check_condition(found: object) -> None:
    """Refuse a condition of the training clips that is never learned."""
    _expect_keys(found, {*_CONDITIONS, "spectrum"}, _CONDITION)
    for key, kind in _CONDITIONS.items():
        several = key in ("codecs", "channels", "sample_rates")
        if several and (type(found[key]) is not list or len(found[key]) > _MOST_KINDS):
            raise ValueError(f"{_CONDITION}: {key} is no list")
        for value in found[key] if several else [found[key]]:
            kind.check(value, Sizes())
    if not all(re.fullmatch(r"[A-Za-z0-9 -]{1,40}", codec) for codec in found["codecs"]):
        raise ValueError(f"{_CONDITION}: a codec has no name of letters, digits, ' ' and '-'")
    if (spectrum := found["spectrum"]) is None:
        return
    _expect_keys(spectrum, _SPECTRUM, "spectrum")
    for key, (kind, size) in _SPECTRUM.items():
        values = spectrum[key] if size else [spectrum[key]]
        if type(values) is not list or len(values) != (size or 1):
            raise ValueError(f"spectrum: {key} is no list of {size}")
        for value in values:
            kind.check(value, Sizes())


def _check_signs(found: object, sample_rate: int) -> None:
    """Refuse signs of normal clips that are never learned."""
    _expect_keys(found, {"clips", "limit", "centre", "scale", "level", "spread"}, _SIGNS)
    _COUNT.check(found["clips"], Sizes())
    if sample_rate < LEAST_RATE:
        raise ValueError(f"{_SIGNS}: at so low a sample rate there are none")
    if found["limit"] is not None:
        _SIZE.check(found["limit"], Sizes())
    sizes = sizes_of(sample_rate)
    for key in ("centre", "scale", "level", "spread"):
        _expect_keys(found[key], sizes.keys(), key)
        kind = _POSITIVE if key in ("scale", "spread") else _SIZE
        for sign, size in sizes.items():
            profile = key in ("level", "spread")
            values = found[key][sign] if profile else [found[key][sign]]
            if type(values) is not list or len(values) != (size if profile else 1):
                raise ValueError(f"{key}: {sign} is no list of {size}")
            for value in values:
                kind.check(value, Sizes())


def check_arrays(head: Mapping, arrays: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Refuse arrays that don't fit each other or `model.json`.

    Parameters
    ----------
    head : mapping
        From `check`.
    arrays : mapping of str to np.ndarray
        pca/<fold>/..., normal/..., held_out/... and kept/... by name.

    Returns
    -------
    dict of str to int
        How many values detectors see of a clip, or of a frame, by their `input`; and 'folds'.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    settings = head["settings"]
    bands = settings["mel"]["n_mels"]
    sizes = Sizes(bands=bands, clips=head["training"]["clips"])
    if (width := width_of(settings)) is not None:
        sizes["d"] = width
    kinds = {
        "mean": Array("f8", ("d",)),
        "scale": Array("f8", ("d",), above=0),
        "components": Array("f8", ("k", "d")),
        "explained_variance_ratio": Array("f8", ("k",), low=0),
        "residual_unit": Array("f8", (), low=0),
        "normal/level": Array("f8", ("bands",)),
        "normal/spread": Array("f8", ("bands",), above=0),
    }
    residuals = []
    of_kept = {}
    for name, array in arrays.items():
        if name.startswith("kept/"):
            of_kept[name.removeprefix("kept/")] = array
            continue
        of_pca = name.rpartition("/")[2]
        if name.startswith("pca/"):
            kind = kinds[of_pca]
        else:
            kind = kinds.get(name) or Array("f8", ("clips",), missing=True)
        try:
            kind.check(array, sizes)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if of_pca == "residual_unit":
            residuals.append(bool(array))
    if not residuals or len(set(residuals)) > 1:
        raise ValueError("pca: there is none, or only some have a residual")
    if of_kept:
        windows = "window" in head["training"]
        kept_clips.check_arrays(head["kept"], of_kept, sizes, windows=windows)
    return {
        "mel": bands,
        "embedding": sizes["d"],
        "components": sizes["k"],
        "projection": sizes["k"] + residuals[0],
        "folds": len(residuals),
    }


def sizes_seen(name: str, settings: Mapping, seen: Mapping[str, int]) -> dict[str, int]:
    """Check all settings of a detector; return the sizes that its file must have.

    Parameters
    ----------
    name : str
        Of the detector.
    settings : mapping
        Of the detector.
    seen : mapping of str to int
        From `check_arrays`.

    Returns
    -------
    dict of str to int
        'bands' or 'd', and 'folds', as in `pygoodvibes.detection.serialization.decode`.

    Raises
    ------
    ValueError
        If a setting is not possible.
    """
    frames = settings["input"] == "mel"
    if settings["method"] in METHODS:
        _checked(detectors_registry.settings_of(settings["method"]), settings, name)
    elif frames:
        raise ValueError(f"{name}.input: not for this method")
    size = seen[settings["input"]]
    if frames:
        return {"bands": size, "folds": seen["folds"]}
    if settings["components"]:
        size = min(seen["components"], settings["components"])
    return {"d": size, "folds": seen["folds"]}
