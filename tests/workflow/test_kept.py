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
    before = name_of(PARTS, method="lof")
    monkeypatch.setenv(name, "of another kind")
    assert name_of(PARTS, method="lof") != before


@pytest.fixture
def other_version(monkeypatch):
    """Return a function after which a package has another version, or none."""
    found = importlib.metadata.version

    def change(package, to="0.0.1"):
        def version(name):
            if name != package:
                return found(name)
            if to is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return to

        monkeypatch.setattr(importlib.metadata, "version", version)
        kept.versions.cache_clear()

    yield change
    kept.versions.cache_clear()


@pytest.mark.parametrize("package", kept.LIBRARIES)
def test_another_version_of_a_library_has_another_name(package, other_version):
    before = name_of(PARTS, method="lof")
    other_version(package)
    assert name_of(PARTS, method="lof") != before


@pytest.mark.parametrize("to", [None, "0.0.1", "0.0.2"])
def test_a_library_of_one_method_changes_no_name_of_the_others(to, other_version):
    other_version("pyod", "9.9.9")
    before = {method: name_of(PARTS, method=method) for method in ("lof", "pyod")}
    other_version("pyod", to)
    assert name_of(PARTS, method="lof") == before["lof"]
    assert name_of(PARTS, method="pyod") != before["pyod"]


def test_another_python_has_another_name(monkeypatch):
    before = name_of(PARTS, method="lof")
    monkeypatch.setattr(platform, "python_version", lambda: "2.7")
    assert name_of(PARTS, method="lof") != before


def test_other_parts_have_another_name_and_their_order_is_nothing():
    assert (
        name_of({"what": "else"}, method="lof")
        != name_of(PARTS, method="lof")
        == name_of(dict(PARTS), method="lof")
    )
    assert name_of({"a": 1, "b": 2}, method="lof") == name_of({"b": 2, "a": 1}, method="lof")


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
