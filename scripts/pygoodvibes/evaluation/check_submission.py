"""Whether a folder is what a year's challenge asks to hand in.

Comes in: a folder of score and decision files. Goes out: what is wrong, a sentence each with the
file and what to do, and what is allowed but looks odd.
"""

import collections
import csv
import dataclasses
import math
import pathlib
from collections.abc import Mapping

from pygoodvibes.evaluation.submission_files import Key, find_files
from pygoodvibes.evaluation.truth import Truth, bare_name, read_truth, truth_of
from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message


@dataclasses.dataclass(slots=True)
class Findings:
    """What is to be said of a folder.

    Attributes
    ----------
    wrong : list of Message
        What an evaluator would stumble over or misread.
    odd : list of Message
        What it would take, and what nobody may have meant.
    files : int
        Files that were read.
    """

    wrong: list[Message] = dataclasses.field(default_factory=list)
    odd: list[Message] = dataclasses.field(default_factory=list)
    files: int = 0


def check_submission(
    folder: str | pathlib.Path, year: int, *, truth: str | pathlib.Path | None = None
) -> Findings:
    """Check names, numbers, repetitions and ranges of the files for an evaluation set.

    Parameters
    ----------
    folder : path
        Holds `anomaly_score_*.csv` and `decision_result_*.csv`.
    year : int
        Of the challenge.
    truth : path, optional
        As in `pygoodvibes.evaluation.truth.read_truth`: then the clips must be exactly its clips.

    Returns
    -------
    Findings
        Nothing wrong: the folder can be handed in.

    Raises
    ------
    UserError
        If there is no score file at all, or the sections of the year are not known.
    """
    protocol = protocol_of(year)
    folder = pathlib.Path(folder)
    expected = list(protocol.parts["evaluation"].pairs())
    if not expected:
        raise UserError("the sections of the evaluation set of {year}: not found", year=year)
    truths = {} if truth is None else read_truth(pathlib.Path(truth), protocol)
    files = find_files(folder, protocol)
    findings = Findings()
    for path, machine, section in files.others:
        findings.wrong.append(_foreign(path, machine, section, protocol))
    for key, path in [*files.scores.items(), *files.decisions.items()]:
        if key[:2] not in expected:
            findings.wrong.append(_foreign(path, *key[:2], protocol))
    for machine, section in expected:
        for domain in protocol.file_domains:
            key = (machine, section, domain)
            names = []
            for found, name, is_score in (
                (files.scores, protocol.score_file(*key), True),
                (files.decisions, protocol.decision_file(*key), False),
            ):
                path = found.get(key)
                if path is None:
                    findings.wrong.append(
                        message("{path}: missing; every section needs it", path=folder / name)
                    )
                    continue
                if path.name != name:
                    findings.wrong.append(
                        message("{path}: must be called {name}; rename it", path=path, name=name)
                    )
                names.append(_check_file(path, key, protocol, truths, findings, is_score))
            if len(names) == 2:
                _compare(*names, files.decisions[key], findings)
    return findings


def _foreign(path: pathlib.Path, machine: str, section: str, protocol: Protocol) -> Message:
    return message(
        "{path}: the evaluation set of {year} has no file for {machine}, section {section}; "
        "take it out",
        path=path,
        year=protocol.year,
        machine=machine,
        section=section,
    )


def _check_file(
    path: pathlib.Path,
    key: Key,
    protocol: Protocol,
    truths: Mapping[tuple[str, str], Truth],
    findings: Findings,
    is_score: bool,
) -> dict[str, float]:
    """Check one file; return the values that can be read, by `bare_name`."""
    findings.files += 1
    say = findings.wrong.append
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(text.splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        say(message("{path}: no readable CSV file in UTF-8 ({error})", path=path, error=error))
        return {}
    if content.startswith(b"\xef\xbb\xbf"):
        say(message("{path}: begins with a byte order mark; save it as UTF-8 without", path=path))
    if b"\r" in content:
        say(message("{path}: has line ends of Windows; save it with plain ones (LF)", path=path))
    values: dict[str, float] = {}
    names: list[str] = []
    wrong_rows = []
    for number, row in enumerate(rows, start=1):
        problem, value = _check_row(row, is_score)
        if problem:
            wrong_rows.append((number, problem))
        if len(row) == 2 and not math.isnan(value):
            names.append(row[0])
            values[bare_name(row[0])] = value
    if wrong_rows:
        number, problem = wrong_rows[0]
        say(
            message(
                "{path}, row {number}: {problem} (such rows: {count})",
                path=path,
                number=number,
                problem=problem,
                count=len(wrong_rows),
            )
        )
    _check_names(path, names, key, protocol, truths, findings)
    if is_score and len(set(values.values())) == 1 and len(values) > 1:
        findings.odd.append(message("{path}: all clips have the same score", path=path))
    if not is_score and len(set(values.values())) == 1 and len(values) > 1:
        findings.odd.append(message("{path}: all clips have the same decision", path=path))
    return values


def _check_row(row: list[str], is_score: bool) -> tuple[Message | str, float]:
    if len(row) != 2:
        return message("must be 'file name,number', without a header"), math.nan
    try:
        value = float(row[1])
    except ValueError:
        return message("{text!r} is no number; there must be no header", text=row[1]), math.nan
    if not is_score and row[1] not in ("0", "1"):
        return message("the decision is {text!r}; it must be 0 or 1", text=row[1]), value
    if not math.isfinite(value):
        return message("the score {text} is not finite", text=row[1]), value
    return "", value


def _check_names(
    path: pathlib.Path,
    names: list[str],
    key: Key,
    protocol: Protocol,
    truths: Mapping[tuple[str, str], Truth],
    findings: Findings,
) -> None:
    say = findings.wrong.append
    machine, section, domain = key
    count = collections.Counter(map(bare_name, names))
    if twice := [name for name, times in count.items() if times > 1]:
        say(
            message(
                "{path}: {clip} comes twice (such clips: {count})",
                path=path,
                clip=twice[0] + ".wav",
                count=len(twice),
            )
        )
    forms = {
        form.format(section=section, domain=domain, number=number): index
        for index, form in enumerate(protocol.test_names)
        for number in range(max(len(names), protocol.parts["evaluation"].test_clips or 0) * 2)
    }
    others = [name for name in names if name not in forms]
    if others:
        say(
            message(
                "{path}: {clip!r} is no name of an evaluation clip; they are called as {example} "
                "(such names: {count})",
                path=path,
                clip=others[0],
                example=protocol.test_names[0].format(section=section, domain=domain, number=0),
                count=len(others),
            )
        )
    if len({forms[name] for name in names if name in forms}) > 1:
        say(
            message(
                "{path}: some names have _test and some don't; write all as the clips are called",
                path=path,
            )
        )
    if (machine, section) in truths:
        try:
            truth_of(dict.fromkeys(names), key[:2], truths, protocol, path, domain)
        except UserError as error:
            say(error.message)
        return
    clips = protocol.parts["evaluation"].test_clips
    if clips is None:
        return
    wanted: set[str] = set()
    if not others:
        # of some machine types the first clip is 0001 (AirCompressor, 2024)
        first = int(max(int(name.rpartition("_")[2]) for name in count) == clips) if count else 0
        of_number = {bare_name(name): int(bare_name(name).rpartition("_")[2]) for name in forms}
        wanted = {name for name, number in of_number.items() if 0 <= number - first < clips}
    if len(count) != clips or (wanted and set(count) != wanted):
        missing = sorted(wanted - set(count))
        say(
            message(
                "{path}: {found} clips, but the section has {clips}; missing is {missing}",
                path=path,
                found=len(count),
                clips=clips,
                missing=missing[0] + ".wav" if missing else "-",
            )
        )


def _compare(
    scores: Mapping[str, float],
    decisions: Mapping[str, float],
    path: pathlib.Path,
    findings: Findings,
) -> None:
    if odd := sorted(set(scores) ^ set(decisions)):
        findings.wrong.append(
            message(
                "{path}: must name the clips of the score file; the first that only one of them "
                "has is {clip}",
                path=path,
                clip=odd[0] + ".wav",
            )
        )
        return
    anomalous = [scores[name] for name, decision in decisions.items() if decision == 1]
    normal = [scores[name] for name, decision in decisions.items() if decision == 0]
    if anomalous and normal and min(anomalous) <= max(normal):
        findings.odd.append(
            message(
                "{path}: no threshold on the scores gives these decisions: a clip that is called "
                "normal has the same or a higher score than one that is called anomalous",
                path=path,
            )
        )
