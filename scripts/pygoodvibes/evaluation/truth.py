"""Which clips of an evaluation set are anomalous, and their domains: by name, never by order.

Comes in: the folder or the list in which the organisers tell it, or clip names that tell it
themselves. Goes out: label and domain of each clip by its name.
"""

import collections
import csv
import dataclasses
import hashlib
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping

from pygoodvibes.data.clip import parse_dcase_name
from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.util.errors import UserError

_FILE = re.compile(
    r"ground_truth_(?P<machine>[A-Za-z0-9-]+)_(?:section|id)_(?P<section>[0-9]+)"
    r"(?:_(?P<domain>source|target))?(?:_test)?\.csv"
)
_FOLDER = re.compile(r"(?:ground_truth_)?(?P<kind>data|domain|attributes)")
_RAW = re.compile(
    r"(?P<section>(?:section|id)_[0-9]+)(?P<domain>_source|_target)?(?:_test)?_(?P<number>[0-9]+)"
)
_DOMAINS = ("source", "target")

Known = tuple[bool, str]
"""Whether a clip is anomalous, and its domain, '' where the year has none."""


@dataclasses.dataclass(slots=True)
class Truth:
    """What is known of the clips of a section.

    Attributes
    ----------
    origin : pathlib.Path
        Where it stands.
    clips : dict of str to Known
        By the name that a clip has in the evaluation set, as `bare_name` returns it.
    raw_names : dict of str to str
        From names that tell label and domain to those of the evaluation set.
    """

    origin: pathlib.Path
    clips: dict[str, Known]
    raw_names: dict[str, str]


def bare_name(name: str) -> str:
    """Return a clip name without what differs between lists: `.wav`, and `_test` in raw names.

    'section_03_test_0000.wav' and 'section_03_0000.wav' are one clip. Of names that tell the label,
    nothing but '.wav' goes: a value may have a dot ('ac_0.11').
    """
    bare = name.strip()
    bare = bare[:-4] if bare.lower().endswith(".wav") else bare
    match = _RAW.fullmatch(bare)
    return f"{match['section']}{match['domain'] or ''}_{match['number']}" if match else bare


def known_by_name(name: str, protocol: Protocol) -> Known | None:
    """Return what a clip name tells of itself; None if it lacks the label or the domain."""
    bare = bare_name(name)
    fields = parse_dcase_name(f"{bare}.wav") or {}
    if fields.get("label") not in ("normal", "anomaly"):
        return None
    if protocol.domains and fields["domain"] not in protocol.domains:
        return None
    return fields["label"] == "anomaly", fields["domain"]


def read_truth(place: pathlib.Path, protocol: Protocol) -> dict[tuple[str, str], Truth]:
    """Read what the organisers tell of the evaluation set.

    Parameters
    ----------
    place : pathlib.Path
        Folder of the organisers' evaluator, with `ground_truth_data`, `ground_truth_domain` and
        `ground_truth_attributes` (or `data`, `domain`, `attributes`; in 2021 the files may lie in
        the folder itself), or a list `eval_data_list_<year>.csv`, or the folder that holds it.
    protocol : Protocol
        Of the year.

    Returns
    -------
    dict of (machine, section) to Truth
        Of all sections that are there.

    Raises
    ------
    UserError
        If nothing is there, a row can't be read, a clip has no domain, two files disagree, or the
        truth is the wrong one of 2022 that is in circulation.
    """
    if place.is_file():
        truths = _read_list(place, protocol)
    elif place.is_dir():
        truths = _read_folder(place, protocol)
    else:
        raise UserError("{path}: no such file or folder", path=place)
    for (machine, section), truth in truths.items():
        _refuse_wrong_truth(protocol, machine, section, truth)
    return truths


def _read_folder(folder: pathlib.Path, protocol: Protocol) -> dict[tuple[str, str], Truth]:
    files: dict[str, dict[tuple[str, str, str], pathlib.Path]] = collections.defaultdict(dict)
    for path in sorted(folder.rglob("ground_truth_*.csv")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            continue
        above = _FOLDER.fullmatch(path.parent.name)
        kind = above["kind"] if above else "data"
        key = (match["machine"], match["section"], match["domain"] or "")
        if not protocol.part_of(*key[:2]):
            continue
        if key in files[kind]:
            raise UserError(
                "{first} and {second} tell the same; name the folder of one year's evaluator",
                first=files[kind][key],
                second=path,
            )
        files[kind][key] = path
    if not files["data"]:
        listed = folder / f"eval_data_list_{protocol.year}.csv"
        if listed.is_file():
            return _read_list(listed, protocol)
        raise UserError(
            "{folder}: no ground truth of {year}; name the folder of the organisers' evaluator, "
            "which holds ground_truth_data and ground_truth_domain",
            folder=folder,
            year=protocol.year,
        )
    truths: dict[tuple[str, str], Truth] = {}
    for key, path in files["data"].items():
        machine, section, domain = key
        labels = _read_flags(path)
        if domain or not protocol.domains:
            domains = dict.fromkeys(labels, domain)
        elif key in files["domain"]:
            domains = {
                name: _DOMAINS[flag] for name, flag in _read_flags(files["domain"][key]).items()
            }
        else:
            raise UserError(
                "{path}: nothing tells the domains of its clips; put the organisers' folder "
                "ground_truth_domain beside it",
                path=path,
            )
        _require_same(labels, domains, path, files["domain"].get(key, path))
        truth = truths.setdefault((machine, section), Truth(path, {}, {}))
        truth.clips |= {name: (bool(flag), domains[name]) for name, flag in labels.items()}
        if key in files["attributes"]:
            truth.raw_names |= _read_true_names(files["attributes"][key], truth, protocol)
    return truths


def _read_list(path: pathlib.Path, protocol: Protocol) -> dict[tuple[str, str], Truth]:
    """Read a list: a line with the machine type, below it eval name, true name[, label]."""
    truths: dict[tuple[str, str], Truth] = {}
    machine = ""
    for number, row in _rows(path):
        if len(row) == 1 and not row[0].lower().endswith(".wav"):
            machine = row[0].strip()
            continue
        name = bare_name(row[0])
        known = known_by_name(row[1], protocol) if len(row) > 1 else None
        section = (parse_dcase_name(f"{name}.wav") or {}).get("id", "")
        if known is None or not section or not machine:
            raise UserError(
                "{path}, row {number}: must be a machine type, or below it 'eval name,true name', "
                "found {row!r}",
                path=path,
                number=number,
                row=",".join(row),
            )
        if len(row) > 2 and row[2].strip() in ("0", "1") and bool(int(row[2])) != known[0]:
            raise UserError(
                "{path}, row {number}: the label {label} is not that of {name}",
                path=path,
                number=number,
                label=row[2].strip(),
                name=row[1],
            )
        if not protocol.part_of(machine, section):
            raise UserError(
                "{path}, row {number}: {machine} has no section {section} in {year}",
                path=path,
                number=number,
                machine=machine,
                section=section,
                year=protocol.year,
            )
        truth = truths.setdefault((machine, section), Truth(path, {}, {}))
        if name in truth.clips:
            raise UserError(
                "{path}, row {number}: {name} comes twice", path=path, number=number, name=row[0]
            )
        truth.clips[name] = known
        truth.raw_names[bare_name(row[1])] = name
    if not truths:
        raise UserError("{path}: tells of no clip", path=path)
    return truths


def _rows(path: pathlib.Path) -> Iterator[tuple[int, list[str]]]:
    try:
        # spreadsheets put a byte order mark first
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("{path}: can't be read ({reason})", path=path, reason=error) from None
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if any(field.strip() for field in row):
            yield number, row


def _read_named(path: pathlib.Path, *, most: int) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line number, `bare_name` and the other columns, one or up to `most`."""
    seen = set()
    for number, row in _rows(path):
        if not 2 <= len(row) <= 1 + most:
            raise UserError(
                "{path}, row {number}: must be two columns, found {row!r}",
                path=path,
                number=number,
                row=",".join(row),
            )
        name = bare_name(row[0])
        if name in seen:
            raise UserError(
                "{path}, row {number}: {name} comes twice", path=path, number=number, name=row[0]
            )
        seen.add(name)
        yield number, name, [field.strip() for field in row[1:]]


def _read_flags(path: pathlib.Path) -> dict[str, int]:
    flags = {}
    for number, name, [text] in _read_named(path, most=1):
        if text not in ("0", "1"):
            raise UserError(
                "{path}, row {number}: must be 'file name,0' or 'file name,1', found {text!r}",
                path=path,
                number=number,
                text=text,
            )
        flags[name] = int(text)
    return flags


def _read_true_names(path: pathlib.Path, truth: Truth, protocol: Protocol) -> dict[str, str]:
    raw_names = {}
    # where attributes were hidden, a second name tells them
    for number, name, true_names in _read_named(path, most=2):
        for true_name in true_names:
            if name not in truth.clips or known_by_name(true_name, protocol) != truth.clips[name]:
                raise UserError(
                    "{path}, row {number}: {name} is called {true_name}, which {other} doesn't say",
                    path=path,
                    number=number,
                    name=name,
                    true_name=true_name,
                    other=truth.origin,
                )
            raw_names[bare_name(true_name)] = name
    return raw_names


def _require_same(labels: Iterable, domains: Iterable, path: pathlib.Path, other: pathlib.Path):
    if odd := sorted(set(labels) ^ set(domains)):
        raise UserError(
            "{path} and {other} name other clips, the first is {first}",
            path=path,
            other=other,
            first=odd[0],
        )


def _refuse_wrong_truth(protocol: Protocol, machine: str, section: str, truth: Truth) -> None:
    fingerprints = protocol.truth_fingerprints.get((machine, section))
    numbers = protocol.parts["evaluation"].test_clips
    names = [f"section_{section}_{number:04}" for number in range(numbers or 0)]
    if fingerprints is None or set(truth.clips) != set(names):
        return
    known = [truth.clips[name] for name in names]
    labels = "".join(str(int(anomalous)) for anomalous, _ in known)
    domains = "".join(str(_DOMAINS.index(domain)) for _, domain in known)
    found = tuple(hashlib.sha256(text.encode()).hexdigest() for text in (labels, domains))
    if found != fingerprints:
        raise UserError(
            "{path}: labels or domains of {machine}, section {section}, are wrong: a list of "
            "{year} with other ones is in circulation; take ground_truth_data and "
            "ground_truth_domain of the organisers' evaluator",
            path=truth.origin,
            machine=machine,
            section=section,
            year=protocol.year,
        )


def truth_of(
    names: Iterable[str],
    key: tuple[str, str],
    truths: Mapping[tuple[str, str], Truth],
    protocol: Protocol,
    path: pathlib.Path,
    domain: str = "",
) -> dict[str, Known]:
    """Return label and domain of the clips of a score file.

    Parameters
    ----------
    names : iterable of str
        All clip names of a section (in 2021, of a section and domain).
    key : tuple of str
        Machine type and section.
    truths : mapping
        From `read_truth`; may be empty where the names tell label and domain.
    protocol : Protocol
        Of the year.
    path : pathlib.Path
        The score file, for messages.
    domain : str
        Of all clips of the file, '' if it has both.

    Returns
    -------
    dict of str to Known
        By the names given.

    Raises
    ------
    UserError
        If a clip is not in the truth or there twice, one of the truth is missing, nothing tells
        the label of a clip, or a clip is of another domain.
    """
    names = list(names)
    told = {name: known_by_name(name, protocol) for name in names}
    nameless = [name for name, known in told.items() if known is None]
    truth = truths.get(key)
    if truth is not None and (nameless or truth.raw_names):
        return _joined(names, truth, path, domain)
    if nameless:
        raise UserError(
            "{path}: nothing tells the label of {clip}; name the folder of the organisers' "
            "evaluator with --truth",
            path=path,
            clip=nameless[0],
        )
    if key in protocol.truth_fingerprints:
        raise UserError(
            "{path}: the clips of {machine}, section {section}, have names with labels, which are "
            "wrong in {year}; score the clips by their names in the evaluation set, as {example}",
            path=path,
            machine=key[0],
            section=key[1],
            year=protocol.year,
            example=protocol.test_names[0].format(section=key[1], number=0),
        )
    for name, known in told.items():
        if domain and known[1] != domain:
            raise UserError(
                "{path}: {clip} is not of the domain {domain}", path=path, clip=name, domain=domain
            )
    return told


def _joined(names: list[str], truth: Truth, path: pathlib.Path, domain: str) -> dict[str, Known]:
    found: dict[str, Known] = {}
    missing = {name for name, known in truth.clips.items() if not domain or known[1] == domain}
    for name in names:
        bare = bare_name(name)
        raw = truth.raw_names.get(bare, bare)
        if raw not in truth.clips or (domain and truth.clips[raw][1] != domain):
            raise UserError(
                "{path}: {clip} is not in the ground truth ({origin})",
                path=path,
                clip=name,
                origin=truth.origin,
            )
        if raw not in missing:
            raise UserError("{path}: {clip} is there under two names", path=path, clip=name)
        missing.remove(raw)
        found[name] = truth.clips[raw]
    if missing:
        raise UserError(
            "{path}: no row for {clips} clip(s) of the ground truth, the first is {first}",
            path=path,
            clips=len(missing),
            first=min(missing) + ".wav",
        )
    return found
