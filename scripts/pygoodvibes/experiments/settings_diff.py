"""Which settings of two configs differ, by dotted key."""

from collections.abc import Iterable, Mapping

from pygoodvibes.report.table import NOTHING


def flat(config: Mapping, prefix: str = "") -> dict[str, object]:
    """Return the values of a config by dotted key; a list is one value."""
    result: dict[str, object] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            result |= flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = None if value == {} else value
    return result


def differing(baseline: Mapping, settings: Iterable[Mapping]) -> list[str]:
    """Return the keys whose value is not the baseline's in at least one experiment, in order."""
    settings = list(settings)
    keys = dict.fromkeys(key for table in (baseline, *settings) for key in table)
    return [key for key in keys if any(_differs(baseline, table, key) for table in settings)]


ABSENT = object()


def _differs(baseline: Mapping, settings: Mapping, key: str) -> bool:
    one, other = baseline.get(key, ABSENT), settings.get(key, ABSENT)
    # true is 1 for Python, but not in a config
    return one != other or isinstance(one, bool) != isinstance(other, bool)


def plain(value: object) -> str:
    """Write a setting as it reads in a table; a table of keys as ``triplet, epochs 20``."""
    if value is ABSENT:
        return NOTHING
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return ", ".join(
            plain(inner) if key == "method" else f"{key} {plain(inner)}"
            for key, inner in value.items()
        )
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value) or "none"
    return str(value)
