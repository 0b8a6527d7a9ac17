"""What the app says in the reader's language. The catalogs: tests/util/test_language.py."""

import ast
import pathlib
import re

import numpy as np
import pandas as pd
import pytest
import soundfile
from babel.messages.extract import extract_from_dir

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = (ROOT / "scripts", ROOT / "app")


@pytest.fixture
def language(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "app"))
    from ui import language

    return language


@pytest.fixture
def french(language, monkeypatch):
    monkeypatch.setattr(language, "current", lambda: "fr")
    return language


@pytest.fixture(scope="module")
def extracted():
    """Return the templates that Babel finds, as `make messages` does."""
    return {
        text
        for folder in CODE
        for _, _, text, _, _ in extract_from_dir(
            folder, keywords={"message": None, "UserError": None}
        )
    }


# the code: a sentence that is no template would stay English


def trees(folder):
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree):
    """Yield what is handed to `UserError` and `message` first."""
    for node in ast.walk(tree):
        name = getattr(getattr(node, "func", None), "id", "")
        if name in ("UserError", "message") and node.args:
            yield node.args[0]


def test_errors_and_messages_carry_templates_that_are_extracted(extracted):
    found = set()
    for folder in CODE:
        for name, tree in trees(folder):
            for text in calls(tree):
                assert not isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp), (
                    name,
                    ast.unparse(text),
                )
                if isinstance(text, ast.Constant):
                    found.add(text.value)
    assert sorted(found - extracted) == []


# functions that return a reason
REASONS = {
    "why_unusable",
    "why_unfit",
    "_what_is_missing",
    "open_array",
    "_why_meaningless",
    "other_length",
    "_nothing_to_tell",
    "reason_for",
    "interval",
    "caution",
}
# rooms that make reasons and notes; others only write tables
ROOMS = ("audio", "data", "detection", "choice", "evaluation", "monitoring")


def bare(node):
    """Return the texts without a template that an expression may be."""
    if isinstance(node, ast.IfExp):
        return bare(node.body) + bare(node.orelse)
    if isinstance(node, ast.List | ast.Tuple):
        return [text for part in node.elts for text in bare(part)]
    if isinstance(node, ast.JoinedStr):
        return [ast.unparse(node)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value not in ("", "ok") else []
    return []


def is_key(node):
    return isinstance(node, ast.Constant) and node.value in ("status", "note")


def bare_reasons(tree):
    """Return the reasons and notes without a template that a module gives to clips."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) if name in REASONS:
                found += [
                    text
                    for each in ast.walk(node)
                    if isinstance(each, ast.Return)
                    for text in bare(each.value)
                ]
            case ast.Assign(targets=[ast.Name(id="reason" | "note")], value=value):
                found += bare(value)
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=value) if is_key(key):
                found += bare(value)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    found += bare(value) if is_key(key) else []
            case ast.keyword(arg="reason", value=value):
                found += bare(value)
            case ast.Call(func=ast.Attribute(attr="append", value=ast.Name(id="notes"))):
                found += bare(node.args[0])
            case ast.Call(func=ast.Name(id="Detection")):
                found += [text for each in node.args for text in bare(each)]
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_reasons_and_notes_carry_templates(room):
    for name, tree in trees(ROOT / "scripts/pygoodvibes" / room):
        assert bare_reasons(tree) == [], name


def test_a_reason_without_a_template_would_be_seen():
    tree = ast.parse("row['status'] = f'the {clip} smells'\nraise UserError(f'too {green}')")
    assert bare_reasons(tree) == ["f'the {clip} smells'"]
    assert [type(text) for text in calls(tree)] == [ast.JoinedStr]


# what is said


def test_what_the_catalog_lacks_stays_english(french):
    assert french.spoken().translated("the 7 smells") is None
    assert french.spoken().translated("results/a.csv: too green") is None
    assert french.sentence("too green") == "too green"


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "silent", "rate", "channel", "short"])
def test_reasons_of_the_library_are_said_in_french(kind, language, monkeypatch, tmp_path):
    from pygoodvibes.audio.mel import log_mel
    from pygoodvibes.audio.read import inspect_audio, read_audio
    from pygoodvibes.util.errors import UserError

    path = tmp_path / "clip.wav"
    tone = np.sin(np.arange(8000) / 9) / 4
    soundfile.write(path, {"silent": 0 * tone, "short": tone[:9]}.get(kind, tone), 16000)
    if kind == "empty":
        path.write_bytes(b"")
    if kind == "text":
        path.write_text("no sound at all")
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:3000])
    rate, channel = (8000 if kind == "rate" else 16000), int(kind == "channel")
    with pytest.raises(UserError) as raised:
        inspect_audio(path)
        signal = read_audio(path, sample_rate=rate, resample=False, channel=channel)
        log_mel(signal, sample_rate=rate, center=False)
    monkeypatch.setattr(language, "current", lambda: "fr")
    assert language.sentence(raised.value.message) != raised.value.message
    monkeypatch.setattr(language, "current", lambda: "en")
    assert language.sentence(raised.value.message) == raised.value.message


def test_the_notes_of_the_default_results_are_said_in_french(french):
    metrics = pd.read_csv(ROOT / "results/synthetic/metrics.csv", dtype=str)
    notes = metrics["note"].dropna()
    assert len(notes) >= 12
    for note in notes:
        assert french.spoken().translated(note).startswith("choisi\xa0: "), note


@pytest.mark.parametrize(
    ("best", "alone", "french_words"),
    [
        (["a", "b"], False, ["1,25\xa0; 1,00", "(à 1,00, il y en a encore 1)", "fixed a 0,50"]),
        (["b"], False, ["le plus haut de"]),
        (["fixed"], False, []),
        ([], True, ["la seule machine de son type"]),
        ([], False, ["ne peut pas être calculé"]),
    ],
)
def test_why_something_was_chosen_is_said_in_french(french, best, alone, french_words):
    from pygoodvibes.choice.favoured import reason_for

    values = {"fixed": 0.5, "a": 1.25, "b": 1.0, "c": 1.0}
    table = {name: {"separation": value} for name, value in values.items()}
    reason = reason_for(table, "separation", "fixed", best, fallback="fixed", alone=alone)
    for each in (reason, reason.replace("; ", ", ")):
        said = french.spoken().translated(f"chosen: {' + '.join(best or ['fixed'])} ({each})")
        assert all(words in said for words in french_words), said
        assert not re.search(r"\b(the|of|has|have|more|chosen)\b", said), said


def test_what_a_clip_lacks_is_said_in_french(french, tmp_path):
    from pygoodvibes.data.csv_manifest import find_manifest
    from pygoodvibes.data.find_clips import find_clips

    for path in ("fan/test/normal_id_00_00000000.wav", "fan/train/notes.m4a", "fan/loose.wav",
                 "fan/train/anomaly_id_00_00000001.wav", "fan/test/strange.wav",
                 "fan/supplemental/normal_id_00_00000000.wav",
                 "fan/train/section_00_source_test_normal_0000.wav"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "clips.csv").write_text(
        "path,machine,id,split,label\n,fan,1,train,normal\na.wav,fan,1,later,normal\n"
        "b.wav,fan,1,test,green\nc.wav,fan,1,test,normal\nfan/loose.wav,a b,1,test,normal\n"
    )
    clips = find_clips(tmp_path, layout="dcase")
    clips += find_manifest(tmp_path / "clips.csv", tmp_path)
    reasons = {clip.reason for clip in clips if clip.reason}
    assert len(reasons) == 11
    for reason in reasons:
        assert reason != french.sentence(str(reason)) == french.sentence(reason)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((2, 1, 1), "2 extrait(s) d'apprentissage utilisable(s), il en faut au moins 3"),
        ((9, 0, 0), "aucun extrait de test utilisable"),
        ((9, 1, 0), "aucun extrait de test anormal"),
        ((9, 0, 1), "aucun extrait de test normal"),
    ],
)
def test_what_a_machine_lacks_is_said_in_french(french, counts, words):
    from pygoodvibes.data.manifest import coverage

    kinds = (("train", "normal"), ("test", "normal"), ("test", "anomaly"))
    rows = [
        {"machine": "fan", "id": "00", "split": split, "label": label, "status": "ok"}
        for (split, label), count in zip(kinds, counts, strict=True)
        for _ in range(count)
    ]
    [entry] = coverage(rows)
    assert french.spoken().translated(entry["note"]).endswith(words)


def test_several_notes_are_said_one_by_one(french):
    both = "n_components 64 lowered to 12: 12 training clips; no AUC: no normal test clip"
    assert french.spoken().translated(both) == (
        "n_components abaissé de 64 à 12\xa0: 12 extraits d'apprentissage\xa0; "
        "pas d'AUC\xa0: aucun extrait de test normal"
    )
    assert french.sentence(f"{both}; quite new").endswith("quite new")


def test_numbers_are_written_as_the_language_does(language, monkeypatch):
    assert (language.number(1234.5, 1), language.percent(0.5)) == ("1,234.5", "50\xa0%")
    assert language.percent(float("nan")) == language.NONE
    monkeypatch.setattr(language, "current", lambda: "fr")
    assert language.number(1234.5, 1) == "1\u202f234,5"


def test_notes_of_the_check_of_the_representation_are_said_in_french(language, monkeypatch):
    from pygoodvibes.embeddings import vectors
    from pygoodvibes.evaluation.representation import check_representation

    def part(train, normal, anomaly, d=3):
        split = ["train"] * train + ["test"] * (normal + anomaly)
        label = ["normal"] * (train + normal) + ["anomaly"] * anomaly
        records = [
            {"clip": f"{number}.wav", "split": each, "label": of}
            for number, (each, of) in enumerate(zip(split, label, strict=True))
        ]
        values = np.random.default_rng(0).normal(size=(len(records), d))
        return vectors.from_records(records, values, [f"c{number}" for number in range(d)])

    cases = [
        {("fan", "00"): part(5, 2, 0), ("fan", "02"): part(5, 0, 2)},
        {("fan", "00"): part(5, 0, 0), ("fan", "02"): part(5, 0, 0)},
        {("fan", each): part(5, 2, 2, 3 + (each == "06")) for each in ("00", "02", "04", "06")},
        {("fan", "00"): part(5, 2, 2), ("fan", "02"): part(2, 2, 2)},
    ]
    said_so = {
        note
        for case in cases
        for row in check_representation(case, confidence=0.95, seed=1)[0]
        for note in row["note"].split("; ")
        if note
    }
    assert len(said_so) == 8
    monkeypatch.setattr(language, "current", lambda: "fr")
    for note in said_so:
        assert not re.search(r"\b(the|no|of|with|without)\b", language.sentence(note)), note
