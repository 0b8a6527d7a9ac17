"""The reference of the command `pygoodvibes`, from its own parser."""

import argparse
from collections.abc import Iterator

from pygoodvibes.cli.main import build_parser
from pygoodvibes.documentation.markdown import cell


def commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Go through the commands of a parser: name, what it does, and its own parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield choice.dest, choice.help or "", action.choices[choice.dest]


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """Return how a command is called, in one line."""
    parts = [f"pygoodvibes {name}"]
    actions = [action for action in parser._actions if action.dest != "help"]
    for action in sorted(actions, key=lambda action: not action.option_strings):
        if action.option_strings:
            text = " ".join([action.option_strings[0], *_values(action)])
            parts.append(text if action.required else f"[{text}]")
        else:
            parts += _values(action)
    return " ".join(parts)


def _values(action: argparse.Action) -> list[str]:
    """Return the places for values behind an option, or of a positional argument."""
    name = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    if action.choices and not action.metavar:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    if action.nargs == 0:
        return []
    if action.nargs == "?":
        return [f"[{name}]"]
    if action.nargs in ("*", "+"):
        return [f"[{name} ...]"] if action.nargs == "*" else [f"{name} [{name} ...]"]
    return [name] * action.nargs if isinstance(action.nargs, int) else [name]


def _row(action: argparse.Action) -> str:
    what = " ".join([", ".join(action.option_strings), *_values(action)]).strip()
    default = action.default
    # the number of cores of whoever made the page is no default
    machine_dependent = action.dest == "jobs"
    if action.required or default in (None, False, argparse.SUPPRESS, []):
        shown = ""
    else:
        shown = "all cores" if machine_dependent else f"`{default}`"
    meaning = (action.help or "").replace("%(default)s", str(default)).replace("%%", "%")
    return f"| `{what.replace('|', chr(92) + '|')}` | {shown} | {cell(meaning)} |"


def reference() -> str:
    """Return a section a command: what it does, how it is called, its arguments."""
    parts = []
    for name, summary, parser in commands(build_parser()):
        parts.append(f"## {name}\n\n{cell(summary)}\n\n```text\n{usage(name, parser)}\n```\n")
        rows = [_row(action) for action in parser._actions if action.dest != "help"]
        if rows:
            head = ["| argument | default | meaning |", "| --- | --- | --- |"]
            parts.append("\n".join([*head, *rows]) + "\n")
        if parser.epilog:
            parts.append(f"```text\n{parser.epilog.strip()}\n```\n")
    return "\n".join(parts)
