import importlib.metadata

from pygoodvibes.util.versions import versions_of


def test_what_is_not_installed_has_no_version():
    found = versions_of(["numpy", "no-such-package-at-all"])
    assert found == {"numpy": importlib.metadata.version("numpy")}
