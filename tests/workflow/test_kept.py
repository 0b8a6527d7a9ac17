"""Names of kept files: what changes digits is another name. Damage is tried with each store."""

import importlib.metadata
import platform

import numpy as np
import pytest

from pygoodvibes.workflow import kept
from pygoodvibes.workflow.kept import digest, name_of

PARTS = {"what": "ever"}


@pytest.mark.parametrize("name", kept.ROUNDING)
def test_other_rounding_has_another_name(name, monkeypatch):
    before = name_of(PARTS)
    monkeypatch.setenv(name, "of another kind")
    assert name_of(PARTS) != before


@pytest.mark.parametrize("package", kept.LIBRARIES)
def test_another_version_of_a_library_has_another_name(package, monkeypatch):
    before = name_of(PARTS)
    found = importlib.metadata.version

    def version(name):
        return "0.0.1" if name == package else found(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    kept.versions.cache_clear()
    try:
        assert name_of(PARTS) != before
    finally:
        kept.versions.cache_clear()


def test_another_python_has_another_name(monkeypatch):
    before = name_of(PARTS)
    monkeypatch.setattr(platform, "python_version", lambda: "2.7")
    assert name_of(PARTS) != before


def test_other_parts_have_another_name_and_their_order_is_nothing():
    assert name_of({"what": "else"}) != name_of(PARTS) == name_of(dict(PARTS))
    assert name_of({"a": 1, "b": 2}) == name_of({"b": 2, "a": 1})


def test_a_digest_sees_values_shapes_precision_order_and_where_arrays_end():
    values = np.arange(12.0).reshape(4, 3)
    others = [
        values + 1e-12,
        values.reshape(3, 4),
        values.astype(np.float32),
        np.asfortranarray(values),
        [values[:2], values[2:]],
        [values[:1], values[1:]],
        values[:3],
        values[:0],
    ]
    found = [tuple(digest(each)) for each in (values, *others)]
    assert len(set(found)) == len(found)
    # the same values, wherever they lie
    assert digest(values.copy()) == digest(values) == digest([values])
    assert digest(np.arange(24.0).reshape(4, 6)[:, :3]) != digest(values)
