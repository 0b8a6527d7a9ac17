from pygoodvibes.config.meanings import meaning
from pygoodvibes.util.settings import Section


class Plain(Section):
    """A section."""

    first: int = 1
    """The first one,
    on two lines."""

    second: int = 2


class Special(Plain):
    """Another."""

    second: int = 3
    """Now it has a meaning."""


class Silent(Special):
    """A third one."""

    first: int = 4


def test_what_stands_below_a_key_is_its_meaning():
    assert meaning(Plain, "first") == "The first one,\non two lines."
    assert meaning(Plain, "second") is None


def test_the_model_that_declares_a_key_last_says_what_it_means():
    assert meaning(Special, "first") == meaning(Plain, "first")
    assert meaning(Special, "second") == meaning(Silent, "second") == "Now it has a meaning."
    assert meaning(Silent, "first") is None


def test_an_unknown_key_has_no_meaning():
    assert meaning(Plain, "third") is None
