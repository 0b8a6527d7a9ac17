"""The app's pages: each in every language, without a browser and in one."""

import dataclasses
import pathlib
import re
import shutil

import numpy as np
import pandas as pd
import psutil
import pytest
import soundfile
import yaml
from playwright.sync_api import expect

import hostile
import small_run
from app_pages import LANGUAGES, PAGES, Visit, opened, said, served, started
from pygoodvibes.util.language import languages

ROOT = pathlib.Path(__file__).resolve().parents[2]
UI = ROOT / "app/ui"

pytestmark = pytest.mark.xdist_group("app")


@pytest.fixture
def copy(small, tmp_path):
    """Such a folder of its own, to change."""
    shutil.copytree(small, tmp_path / "copy")
    return tmp_path / "copy"


# the texts


def texts(language):
    return yaml.safe_load((UI / f"texts/{language}.yaml").read_text(encoding="utf-8"))


def code():
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(UI.rglob("*.py")))


def keys_in(text):
    """Return the keys that code asks for, and patterns of those that it puts together."""
    fixed = set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", text))
    made = re.findall(r"""\bt\(\s*f["']([^"']+)["']""", text)
    return fixed, [re.sub(r"\\\{.*?\\\}", r"\\w+", re.escape(each)) for each in made]


def test_every_language_has_texts():
    assert (
        set(languages()) == set(LANGUAGES) == {path.stem for path in (UI / "texts").glob("*.yaml")}
    )


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_same_texts(language):
    english, other = texts("en"), texts(language)
    assert list(english) == list(other)
    for key in english:
        names = [sorted(re.findall(r"\{(\w+)\}", each[key])) for each in (english, other)]
        assert names[0] == names[1], key
        assert english[key].strip() and other[key].strip(), key


# words that a language shares with English
SHARED = {
    "fr": {"Machine", "Note", "Page", "Score", "score", "Test", "test", "normal", "maximum",
           "dB", "quantile", "Type", "make", "ID", "min", "Amplitude", "Secondes", "ROC", "",
           "Clip", "Section", "Sections", "section"},
    "de": {"Score", "Label", "Test", "normal", "dB", "Name", "ID", "Alarm", "Experiment",
           "Rate", "Section", "Sections", ""},
}  # fmt: skip


@pytest.mark.parametrize("language", SHARED)
def test_nothing_is_left_in_english(language):
    english, other = texts("en"), texts(language)
    same = {key for key in english if english[key] == other[key]}
    assert {re.split(r"\W", english[key], maxsplit=1)[0] for key in same} <= SHARED[language]


def test_every_text_that_code_asks_for_is_there_and_none_is_left_over():
    fixed, made = keys_in(code())
    known = set(texts("en"))
    assert fixed <= known
    for pattern in made:
        assert any(re.fullmatch(pattern, key) for key in known), pattern
    asked = {key for key in known if any(re.fullmatch(pattern, key) for pattern in made)} | fixed
    assert known - asked == set()


def test_colours_are_those_of_the_figures(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "app"))
    from pygoodvibes.figures import style
    from ui.charts import common

    assert [style.colour(number) for number in range(8)] == list(common.CYCLE)
    assert common.UNDECIDED in common.CYCLE
    assert {name: style.GROUPS[name][1] for name in style.GROUPS} == {
        name: common.GROUPS[name][0] for name in common.GROUPS
    }


def test_nothing_is_sent_from_here():
    import tomllib

    settings = tomllib.loads((ROOT / "app/.streamlit/config.toml").read_text())
    assert settings["browser"]["gatherUsageStats"] is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_largest_upload_is_said_as_it_is_set(language):
    import tomllib

    settings = tomllib.loads((ROOT / "app/.streamlit/config.toml").read_text())
    assert f" {settings['server']['maxUploadSize']} " in f" {texts(language)['frame.limit']} "


# the pages, without a browser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_in_every_language(small, monkeypatch, page, language):
    app = opened(small, monkeypatch, page, language)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == PAGES[page][LANGUAGES.index(language)]


def add_domains(folder):
    """Give every second clip of a run the target domain, the others the source domain."""
    for path in [
        folder / "results/small/manifest.csv",
        *folder.glob("resources/small/evaluation/*/*.scores.csv"),
    ]:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        number = table["clip"].str.extract(r"(\d+)\.wav$")[0].astype(int)
        table["domain"] = np.where(number % 2, "target", "source")
        table.to_csv(path, index=False)
    path = folder / "results/small/metrics.csv"
    metrics = pd.read_csv(path, dtype={"id": str})
    for domain, auc in (("source", 0.75), ("target", 0.5)):
        metrics[f"auc_{domain}"] = auc
        metrics[f"auc_{domain}_low"] = metrics[f"auc_{domain}_high"] = np.nan
    metrics.to_csv(path, index=False)


@pytest.mark.parametrize("page", ["data", "listen", "method", "results"])
def test_pages_name_the_domain_of_a_clip_and_call_sections_so(copy, monkeypatch, page):
    add_domains(copy)
    app = opened(copy, monkeypatch, page)
    assert not app.exception and not app.error
    if page == "data":
        [table] = [each.value for each in app.dataframe if "Domain" in each.value.columns]
        assert set(table["Domain"]) == {"source domain", "target domain"}
        return
    [machine] = [each for each in app.selectbox if each.label == "Machine"]
    assert machine.options == ["fan section 00", "fan section 02", "valve section 00"]
    if page != "results":
        [clip, *_] = [each for each in app.selectbox if "clip" in each.key]
        assert all(re.search(", (source|target) domain", each) for each in clip.options)
        return
    assert "machine ID" not in said(app) and "Test clips of this section" in said(app)
    [counts] = [each.value for each in app.table if "Alarm" in each.value.columns]
    assert list(counts.index) == [
        f"{which}{domain}"
        for domain in ("", ", source domain", ", target domain")
        for which in ("▲ test, anomalous", "■ test, normal")
    ]
    whole, *parts = (
        [int(re.search(r"\d+", each)[0]) for each in counts["Alarm"][start : start + 2]]
        for start in (0, 2, 4)
    )
    assert whole == [sum(each) for each in zip(*parts, strict=True)]
    [aucs] = [each.value for each in app.dataframe if "AUC, source domain" in each.value.columns]
    assert set(aucs["AUC, target domain"]) == {"50.0"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_without_results_a_page_says_how_to_make_them(tmp_path, monkeypatch, page, language):
    app = opened(tmp_path, monkeypatch, page, language)
    assert not app.exception
    if page == "your_machine":
        words = {"en": "running normally", "fr": "en marche normale", "de": "im normalen Betrieb"}
        assert words[language] in said(app)
        assert not app.code
        return
    alone = page == "own_clip"
    words = {
        "en": ("no results yet", "no models yet"),
        "fr": ("de résultats", "de modèles"),
        "de": ("keine Ergebnisse", "keine Modelle"),
    }
    assert words[language][alone] in said(app)
    folder = {"en": "FOLDER", "fr": "DOSSIER", "de": "ORDNER"}[language]
    expected = (
        ["make results", f"pygoodvibes fit {folder} -o my-machine.pgv"]
        if alone
        else ["make results"]
    )
    assert [block.value for block in app.code] == expected


def own_model(small):
    """Return the bytes of a model, the place of an anomalous clip, and the score it must get."""
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring.score_clip import score_clip

    model = small / "results/small/models/fan_id_02.pgv"
    clip = small / "data/small/fan/test/anomaly_id_02_00000001.wav"
    return model, clip, score_clip(machine_model.load(model), clip)


def judged(app, clip):
    """Upload a clip on the page and return its score and verdict as the page gives them."""
    app.file_uploader(key="upload").set_value((clip.name, clip.read_bytes(), "audio/wav")).run()
    assert not app.exception
    numbers = {metric.label: metric.value for metric in app.metric}
    return numbers["Score"], [each.value for each in (*app.error, *app.success)]


@pytest.mark.parametrize("place", ["models", "variable", "file", "upload"])
def test_a_model_of_ones_own_judges_without_results(small, tmp_path, monkeypatch, place):
    model, clip, expected = own_model(small)
    folder = tmp_path / ("models" if place == "models" else "elsewhere")
    folder.mkdir()
    shutil.copy(model, folder / "my-fan.pgv")
    if place in ("variable", "file"):
        named = folder if place == "variable" else folder / "my-fan.pgv"
        monkeypatch.setenv("PYGOODVIBES_MODELS", str(named))
    app = opened(tmp_path, monkeypatch, "own_clip")
    if place == "upload":
        assert "no models yet" in said(app)
        content = "my-fan.pgv", model.read_bytes(), "application/octet-stream"
        app.file_uploader(key="own_model").set_value(content).run()
    assert not app.exception
    assert app.selectbox(key="machine").options == ["my-fan.pgv"]
    score, [verdict] = judged(app, clip)
    assert score == f"{expected.score:,.2f}"
    assert ("ANOMALOUS" in verdict) == (expected.verdict == "anomalous")
    assert "Verdict for my-fan.pgv" in said(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_shows_what_it_has_learned_since_its_first_fit(
    small, tmp_path, monkeypatch, language
):
    from pygoodvibes.models import machine_model

    path, clip, _ = own_model(small)
    model = machine_model.load(path)
    detector = next(iter(model.estimators))
    for number, (added, excluded) in enumerate([(["a.wav", "b.wav"], []), ([], ["a.wav"])]):
        change = {"when": f"2026-05-0{number + 1}T10:20:30Z", "added": added, "excluded": excluded}
        change |= {"clips": [12, 14], "thresholds": {detector: [1.25, 1.5 + number]}}
        model = dataclasses.replace(model, kept=model.kept.changed(change))
    (tmp_path / "models").mkdir()
    machine_model.save(tmp_path / "models/my-fan.pgv", model)
    app = opened(tmp_path, monkeypatch, "own_clip", language)
    judged(app, clip)
    assert not app.exception
    [table] = [each.value for each in app.dataframe if "2026-05-01 10:20" in str(each.value)]
    comma = "." if language == "en" else ","
    assert table.to_numpy().tolist() == [
        ["2026-05-02 10:20", "0", "1", "12 → 14", f"1{comma}25 → 2{comma}50"],
        ["2026-05-01 10:20", "2", "0", "12 → 14", f"1{comma}25 → 1{comma}50"],
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_far_a_verdict_can_be_trusted_is_said(small, tmp_path, monkeypatch, language):
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring import certainty
    from pygoodvibes.monitoring.judge import judge

    _, clip, _ = own_model(small)
    model = machine_model.load(small / "results/small/models/fan_id_00.pgv")
    sure = certainty.of(model, judge(model))
    assert sure.loose and sure.clips == 12
    app = opened(small, monkeypatch, "own_clip", language, machine="fan ID 00")
    judged(app, clip)
    [warning] = [each.value for each in app.warning]
    words = {"en": "comes from 12 normal", "fr": "vient de 12 extraits", "de": "stammt aus 12"}
    assert words[language] in warning
    assert f"{100 * sure.high:.0f}\xa0%" in warning
    # a clip twice as long as those that the model knows
    signal, rate = soundfile.read(clip)
    soundfile.write(tmp_path / "long.wav", np.concatenate([signal, signal]), rate)
    judged(app, tmp_path / "long.wav")
    words = {
        "en": "4 s long, but fan ID 00 was fitted on 2 s: no fair score.",
        "fr": "il dure 4 s, mais fan ID 00 a été ajusté sur 2 s\xa0: ce score n'est pas juste.",
        "de": "4 s lang, aber fan ID 00 wurde mit 2 s angelernt: kein gerechter Score.",
    }
    assert words[language] in [each.value for each in app.warning]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clip_that_is_recorded_or_stored_otherwise_is_told(
    small, tmp_path, monkeypatch, language
):
    _, clip, _ = own_model(small)
    signal, rate = soundfile.read(clip)
    quiet = tmp_path / "quiet.mp3"
    soundfile.write(quiet, np.stack([signal, signal], axis=1) / 16, rate)
    app = opened(small, monkeypatch, "own_clip", language, machine="fan ID 00")
    judged(app, quiet)
    [warning, _] = [each.value for each in app.warning]
    words = {
        "en": ("MP3 instead of PCM; 2 channel(s) instead of 1", "quieter at all", "for the fit"),
        "fr": ("MP3 au lieu de PCM", "dB de moins à toutes", "comme pour l'apprentissage"),
        "de": ("MP3 statt PCM; 2 Kanal", "leiser bei allen", "wie beim Anlernen"),
    }
    assert all(word in warning for word in words[language]), warning
    assert "{" not in warning


def test_an_uploaded_model_is_picked_among_those_of_the_run(small, tmp_path, monkeypatch):
    model, clip, expected = own_model(small)
    app = opened(small, monkeypatch, "own_clip")
    before = app.selectbox(key="machine").options
    assert before == ["fan ID 00", "fan ID 02", "valve ID 00"]
    assert "Shown here: sounds made by a generator, no recordings." in said(app)
    content = "my-fan.pgv", model.read_bytes(), "application/octet-stream"
    app.file_uploader(key="own_model").set_value(content).run()
    assert app.selectbox(key="machine").options == ["my-fan.pgv", *before]
    assert app.selectbox(key="machine").value == "my-fan.pgv"
    # which has not learnt what the run shows
    assert "Shown here" not in said(app)
    assert judged(app, clip)[0] == f"{expected.score:,.2f}"
    # and without it those of the run are there again
    app.file_uploader(key="own_model").set_value(None).run()
    assert not app.exception
    assert app.selectbox(key="machine").options == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["text", "cut", "altered"])
def test_a_wrong_model_is_refused_with_a_sentence(small, monkeypatch, kind, language):
    content = (small / "results/small/models/fan_id_02.pgv").read_bytes()
    content = {
        "text": b"no model",
        "cut": content[:2000],
        "altered": content[:3000] + bytes([content[3000] ^ 1]) + content[3001:],
    }[kind]
    app = opened(small, monkeypatch, "own_clip", language)
    file = "my-fan.pgv", content, "application/octet-stream"
    app.file_uploader(key="own_model").set_value(file).run()
    assert not app.exception
    words = {"text": ("no model", "pas un modèle", "kein Modell")}.get(
        kind, ("damaged", "abîmé", "beschädigt")
    )
    [error] = [each.value for each in app.error]
    assert words[LANGUAGES.index(language)] in error
    assert "my-fan.pgv" in error
    # the others can still be picked
    app.selectbox(key="machine").set_value("fan ID 00").run()
    assert not app.error


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_detector_is_refused_with_a_sentence(small, monkeypatch, tmp_path, language):
    content = (small / "results/small/models/fan_id_02.pgv").read_bytes()
    maker = hostile.Maker(content, 0, tmp_path / "trap")
    maker.head["detectors"]["lof"] = {"class": "os.system", "state": {}}
    content = hostile.signed(maker.pack(maker.head, maker.members))
    app = opened(small, monkeypatch, "own_clip", language)
    app.file_uploader(key="own_model").set_value(("evil.pgv", content, "x/y")).run()
    assert not app.exception and not app.error  # fusion is as it was
    app.selectbox(key="own_detector").set_value("lof").run()
    assert not app.exception
    [error] = [each.value for each in app.error]
    words = ("no readable model", "pas un modèle lisible", "kein lesbares Modell")
    assert words[LANGUAGES.index(language)] in error
    assert "evil.pgv" in error and "lof" in error


def test_a_folder_of_models_that_is_not_there_is_named(small, monkeypatch):
    monkeypatch.setenv("PYGOODVIBES_MODELS", "nowhere")
    app = opened(small, monkeypatch, "own_clip", "fr")
    assert not app.exception
    assert [each.value for each in app.warning] == [
        "PYGOODVIBES_MODELS\xa0: il n'y a ni fichier ni dossier nowhere"
    ]
    assert app.selectbox(key="machine").value == "fan ID 00"


def test_notes_and_reasons_stand_in_french(copy, monkeypatch):
    path = copy / "results/small/metrics.csv"
    metrics = pd.read_csv(path, dtype=str)
    metrics.loc[0, "note"] = "n_components 64 lowered to 12: 12 training clips"
    metrics.to_csv(path, index=False)
    manifest = pd.read_csv(copy / "results/small/manifest.csv", dtype=str)
    manifest.loc[0, "status"] = (
        "audio of a kind that is not read; convert it to .wav, for example with ffmpeg"
    )
    manifest.to_csv(copy / "results/small/manifest.csv", index=False)
    app = opened(copy, monkeypatch, "data", "fr")
    assert not app.exception
    left_out, notes = app.dataframe[2].value, app.dataframe[3].value
    french = (
        "un son d'un genre qui n'est pas lu\xa0; convertissez-le en .wav, par exemple avec ffmpeg"
    )
    assert french in set(left_out["État"])
    assert "n_components abaissé de 64 à 12\xa0: 12 extraits d'apprentissage" in set(
        notes["Remarque"]
    )


def test_errors_stand_in_french(copy, monkeypatch):
    (copy / "results/small/provenance.json").write_text("{}")
    for page in ("data", "own_clip"):
        app = opened(copy, monkeypatch, page, "fr")
        assert not app.exception
        assert "provenance illisible" in app.error[0].value
    # which goes on with a model of one's own
    assert app.file_uploader(key="own_model")


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_clouds_that_can_be_clicked_say_so(small, monkeypatch, language):
    words = {"en": "Click a point", "fr": "Cliquez sur un point", "de": "einen Punkt"}[language]
    for view, clickable in (("2-D", True), ("3-D", False)):
        app = opened(small, monkeypatch, "method", language, solid=view)
        assert not app.exception
        label = texts(language)["cloud.point"]
        [box] = [box for box in app.selectbox if box.label == label]
        assert (words in said(app), words in box.placeholder) == (clickable, clickable)


def test_incomplete_results_are_named(copy, monkeypatch):
    (copy / "results/small/sweep.csv").unlink()
    app = opened(copy, monkeypatch, "data")
    assert "The results of small are incomplete (sweep.csv)" in said(app)


def test_the_data_page_counts_and_finds_clips(small, monkeypatch):
    app = opened(small, monkeypatch, "data")
    numbers = {metric.label: metric.value for metric in app.metric}
    # 3 IDs of 12 + 6 + 6 clips, one of them cut short
    assert (numbers["Clips used"], numbers["Clips left out"]) == ("71", "1")
    assert (numbers["Machine types"], numbers["Machine IDs"]) == ("2", "3")
    left_out = app.dataframe[2].value
    assert left_out["Status"].str.contains("truncated").all() and len(left_out) == 1
    app.text_input(key="search").set_value("valve anomaly").run()
    assert not app.exception
    assert "6 of 72 clips" in said(app)
    assert set(app.dataframe[1].value["Machine type"]) == {"valve"}


def test_any_clip_can_be_heard_with_what_stands_out(small, monkeypatch):
    app = opened(small, monkeypatch, "listen", machine="fan ID 02")
    assert "What stands out from normal" in said(app)
    verdicts = [each.value for each in (*app.success, *app.error)]
    assert len(verdicts) == 2
    right = app.selectbox(key="clip_1_fan_02")
    assert len(right.options) == 24
    training = next(place for place, each in enumerate(right.options) if "training" in each)
    app = right.select_index(training).run()
    assert not app.exception
    assert len(app.success) + len(app.error) == 2
    app.toggle(key="signs_0").set_value(True).run()
    assert not app.exception


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "- modulated at 12 Hz"), ("fr", "- modulé à 12 Hz"), ("de", "- moduliert mit 12 Hz")],
)
def test_what_is_odd_about_a_clip_is_named(monkeypatch, language, words):
    from streamlit.testing.v1 import AppTest

    monkeypatch.syspath_prepend(str(ROOT / "app"))
    monkeypatch.setattr("ui.language.current", lambda: language)
    script = """
import numpy as np
from pygoodvibes.explanation.naming import learn_signs
from pygoodvibes.explanation.signs import profiles
from ui import pick
noise = np.random.default_rng(0).normal(size=(21, 16000))
beat = 1 + 0.9 * np.sin(2 * np.pi * 12 * np.arange(16000) / 8000)
normal = learn_signs([profiles(clip, 8000) for clip in noise[:20]])
pick.signs(noise[20] * beat, 8000, normal)
pick.signs(noise[0], 8000, normal)
"""
    app = AppTest.from_string(script, default_timeout=120).run()
    assert not app.exception
    named, nothing = (each.value for each in app.markdown)
    assert words in named and "- " not in nothing


@pytest.mark.parametrize(("names", "explained"), [(["choice", "lof"], True), (["lof"], False)])
def test_what_the_choice_is_stands_beside_the_detectors(monkeypatch, names, explained):
    from streamlit.testing.v1 import AppTest

    monkeypatch.syspath_prepend(str(ROOT / "app"))
    script = f"from ui import pick\npick.one_of({names!r}, key='of')"
    app = AppTest.from_string(script, default_timeout=120).run()
    assert not app.exception
    assert app.selectbox(key="of").value == names[0]
    assert ("No label is used" in app.selectbox(key="of").help) == explained


def test_the_slider_moves_all_detectors(small, monkeypatch):
    app = opened(small, monkeypatch, "results")
    before = app.dataframe[0].value
    assert before["Detector"].tolist() == list(small_run.DETECTORS)
    app.select_slider(key="setting").set_value(24).run()
    assert not app.exception
    after = app.dataframe[0].value
    assert (before["Specificity"] != after["Specificity"]).any()
    sweep = pd.read_csv(small / "results/small/sweep.csv", dtype={"id": str})
    rows = sweep[(sweep["setting"] == 24) & (sweep["detector"] == "fusion")]
    mean = rows.groupby("machine")["sensitivity"].mean().mean()
    assert after["Sensitivity"].iloc[0].startswith(f"{100 * mean:.1f}")


def test_prices_change_the_cheapest_setting(small, monkeypatch):
    app = opened(small, monkeypatch, "results")
    [before] = [each.value for each in app.info if "Cheapest (oracle)" in each.value]
    app.number_input(key="miss").set_value(0.0).run()
    [after] = [each.value for each in app.info if "Cheapest (oracle)" in each.value]
    assert before != after
    assert "0.0\xa0% alarms" in after  # misses are free: no alarm pays


def test_experiments_and_the_choice_are_shown_once_there_are_any(copy, monkeypatch):
    from pygoodvibes.report.table import Table

    app = opened(copy, monkeypatch, "results")
    assert "No experiments to compare yet" in said(app)
    (copy / "results/small/experiments.csv").write_text(
        "experiment,detector,auc,auc_difference,auc_difference_low,auc_difference_high\n"
        "baseline,lof,0.8,,,\nbrave-owl,lof,0.85,0.05,0.01,0.09\n"
    )
    heads = ["Machine", "fixed default", "label-free choice", "oracle", "choice - default", "left"]
    table = Table("Choice", heads, [["fan", "81.0", "82.5", "90.0", "+1.5", "+7.5"]])
    (copy / "results/small/tables/choice.md").write_text(table.markdown())
    app = opened(copy, monkeypatch, "results")
    assert not app.exception
    assert "No experiments to compare yet" not in said(app)
    tables = [table.value for table in app.dataframe]
    assert any("brave-owl" in table.to_string() for table in tables)
    assert any("Label-free choice" in table.columns for table in tables)


def test_a_support_vector_machine_is_fitted_live(small, monkeypatch):
    app = opened(small, monkeypatch, "detectors", machine="fan ID 00", nu=0.8)
    many = {metric.label: metric.value for metric in app.metric}["Training clips outside"]
    app.select_slider(key="nu").set_value(0.01).run()
    few = {metric.label: metric.value for metric in app.metric}["Training clips outside"]
    assert int(few.split("\xa0")[0]) < int(many.split("\xa0")[0])
    app.toggle(key="grid").set_value(True).run()
    assert not app.exception


def test_the_clouds_show_one_machine_or_all(small, monkeypatch):
    for scope, colour, view in (("one", "score", "2-D"), ("all", "type", "3-D")):
        app = opened(
            small,
            monkeypatch,
            "method",
            scope=scope,
            colour=colour,
            solid=view,
            machine="fan ID 00",
        )
        assert not app.exception
        [point] = [box for box in app.selectbox if box.label == "Clip to hear"]
        assert len(point.options) == (23 if scope == "one" else 71)
        app = point.select_index(3).run()
        assert not app.exception
        assert re.search(r"`(normal|anomaly)_id_\d+_\d+\.wav`", said(app))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_the_method_says_which_machines_are_told_apart(small, monkeypatch, language):
    app = opened(small, monkeypatch, "method", language, classifier="knn")
    assert not app.exception
    point = "." if language == "en" else ","
    rows = pd.read_csv(small / "results/small/tables/representation.csv")
    rows = rows[rows["target"] == "machine ID"].set_index(["classifier", "label"])["accuracy"]
    written = {key: f"{100 * value:.1f}\xa0%".replace(".", point) for key, value in rows.items()}
    [numbers] = [each.value for each in app.dataframe if len(each.value) == 4]
    for place, classifier in ((1, "svm"), (3, "knn")):
        for column, label in ((1, "normal"), (2, "anomaly")):
            assert numbers.iloc[place, column].startswith(written[classifier, label])
    # what is said of the matrices is that of the classifier picked
    shares = re.findall(
        r"^(.*%) (?:of|des|von) \d+ (?:clips|extraits|Aufnahmen)", said(app), re.MULTILINE
    )
    assert shares == [written["knn", "normal"], written["knn", "anomaly"]]
    [ids] = [each.value for each in app.dataframe if len(each.value) == 3]
    assert list(zip(ids.iloc[:, 0], ids.iloc[:, 1], strict=True)) == list(small_run.IDS)


def test_what_the_check_of_the_representation_lacks_is_said(copy, monkeypatch):
    from pygoodvibes.embeddings import vectors
    from pygoodvibes.evaluation.representation import (
        COLUMNS,
        CONFUSION_COLUMNS,
        check_representation,
    )
    from pygoodvibes.util.csv_files import write_records

    tables = copy / "results/small/tables"
    part = vectors.load(copy / "resources/small/embedding/fan/00.npz")[0]
    found = check_representation({("fan", "00"): part}, confidence=0.95, seed=1)
    write_records(tables / "representation.csv", found[0], COLUMNS)
    columns = CONFUSION_COLUMNS
    write_records(tables / "representation_confusion.csv", found[1], columns)
    app = opened(copy, monkeypatch, "method")
    assert not app.exception
    assert "there are no two machine IDs with enough training clips to tell apart." in said(app)
    app = opened(copy, monkeypatch, "method", "fr")
    assert "il n'y a pas deux ID de machine avec assez d'extraits d'apprentissage" in said(app)
    # a run of an earlier version has none
    (tables / "representation.csv").unlink()
    app = opened(copy, monkeypatch, "method")
    assert not app.exception
    assert "Can machines be told apart?" not in said(app)


def test_a_data_set_of_vectors_has_pages_without_sound(copy, monkeypatch):
    provenance = copy / "results/small/provenance.json"
    text = provenance.read_text().replace('"source": "synthetic"', '"source": "embedding"')
    provenance.write_text(text.replace('"seconds": 2.0', '"path": "table/clips.csv"'))
    shutil.rmtree(copy / "resources/small/mel")
    shutil.rmtree(copy / "results/small/models")
    for page in PAGES:
        app = opened(copy, monkeypatch, page)
        assert not app.exception, page
        assert not app.error, page
    assert "no model that could judge" in said(app)


def test_a_missing_clip_is_said_where_it_would_be_heard(copy, monkeypatch):
    shutil.rmtree(copy / "data")
    app = opened(copy, monkeypatch, "listen", "fr")
    assert not app.exception
    assert "ne peut pas être lu" in said(app)


def test_a_damaged_model_is_refused_with_a_sentence(copy, monkeypatch):
    for path in (copy / "results/small/models").glob("*.pgv"):
        path.write_bytes(path.read_bytes()[:2000])
    app = opened(copy, monkeypatch, "own_clip")
    assert not app.exception
    assert "This model can't be used" in app.error[0].value


# the pages, in a browser


def test_nobody_else_on_the_network_can_open_the_app(tmp_path):
    with started(tmp_path) as (_, process):
        listening = [
            each.laddr.ip
            for each in psutil.Process(process).net_connections()
            if each.status == psutil.CONN_LISTEN
        ]
    assert listening == ["127.0.0.1"]


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_opens_in_a_browser(visit, width, language):
    reader = visit(width, language)
    for name in PAGES:
        reader.open(name)
        if name not in ("own_clip", "your_machine"):
            reader.page.wait_for_selector(".js-plotly-plot .main-svg")
        reader.reads(PAGES[name][LANGUAGES.index(language)])
        reader.is_whole()


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES[:2])
def test_every_page_has_an_address(visit, language):
    reader = visit(1280, language)
    for name, titles in PAGES.items():
        title = titles[LANGUAGES.index(language)]
        reader.page.goto(f"{reader.address}/{name}?lang={language}")
        for again in (False, True):
            if again:  # F5
                reader.page.reload()
            expect(reader.page.get_by_role("heading", name=title, level=1)).to_be_visible()
            reader.settle()
            expect(reader.page.get_by_role("dialog")).to_have_count(0)
            reader.is_whole()
        link = reader.page.get_by_test_id("stSidebarNavLink").filter(has_text=title)
        expect(link).to_have_attribute("aria-current", "page")


@pytest.mark.browser
def test_the_address_of_the_first_page_keeps_what_is_asked_for(visit):
    reader = visit(1280, "fr")
    reader.page.goto(f"{reader.address}/data?lang=fr&search=valve")
    reader.reads("24 extraits sur 72")
    reader.is_whole()


@pytest.mark.browser
def test_the_language_is_one_switch_away(visit):
    reader = visit()
    reader.open("data")
    reader.page.get_by_role("radio", name="Français").click()
    reader.page.get_by_role("heading", name="Données", level=1).wait_for()
    reader.reads("Extraits utilisés")
    reader.language = "fr"
    reader.open("results")
    reader.reads("déplacez le curseur")


@pytest.mark.browser
def test_the_keyboard_alone_moves_the_slider_and_the_numbers(visit):
    reader = visit()
    reader.open("results")
    says = reader.page.get_by_text(re.compile(r"False alarms allowed: [0-9]"))
    counted = reader.page.get_by_test_id("stTable")
    before = says.inner_text(), counted.inner_text()
    reader.page.get_by_role("slider").first.focus()
    reader.page.keyboard.press("End")
    reader.page.get_by_text("False alarms allowed: 50 in 100").wait_for()
    # at this setting other clips are found or missed
    expect(says).not_to_have_text(before[0], use_inner_text=True)
    expect(counted).not_to_have_text(before[1], use_inner_text=True)


@pytest.mark.browser
def test_a_clip_plays(visit):
    reader = visit()
    reader.open("listen")
    player = reader.page.locator("audio").first
    # a page that is still being drawn may put another player in the place of one that has begun
    reader.page.wait_for_function(
        """() => {
          const player = document.querySelector('audio');
          if (player?.paused) player.play().catch(() => {});
          return player?.currentTime > 0.2;
        }"""
    )
    reader.page.wait_for_function("() => document.querySelector('audio').duration > 0")
    assert player.evaluate("player => player.duration") == pytest.approx(2.0, abs=0.05)
    assert player.evaluate("player => player.error") is None


@pytest.mark.browser
def test_a_clicked_point_is_heard(visit):
    reader = visit()
    reader.open("method")
    cloud = reader.page.locator("[class*=st-key-cloud_] .js-plotly-plot")
    cloud.scroll_into_view_if_needed()
    reader.page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].every(plot => plot._fullLayout)"
    )
    reader.settle()
    # where on the screen the first clip is drawn
    place = cloud.evaluate(
        """plot => {
          const {x, y} = plot._fullData[0], {xaxis, yaxis} = plot._fullLayout;
          const box = plot.querySelector('.nsewdrag').getBoundingClientRect();
          return [box.x + xaxis.d2p(x[0]), box.y + yaxis.d2p(y[0])];
        }"""
    )
    count = reader.page.locator("audio").count()
    reader.page.mouse.move(*place)
    reader.page.mouse.click(*place)
    reader.settle()
    reader.page.wait_for_function(f"() => document.querySelectorAll('audio').length > {count}")


@pytest.mark.browser
def test_a_cloud_in_three_dimensions_can_be_turned(visit):
    reader = visit()
    reader.open("method")
    reader.page.get_by_role("radio", name="3-D").click()
    reader.reads("Turn the cloud", "pick it from the list")
    cloud = reader.page.locator('[class*="st-key-cloud_"] .js-plotly-plot')
    plot = """document.querySelector('[class*="st-key-cloud_"] .js-plotly-plot')"""
    scene = f"{plot}?._fullLayout?.scene?._scene"
    reader.page.wait_for_function(f"() => {scene}?.getCamera")
    reader.settle()
    before = reader.page.evaluate(f"() => {scene}.getCamera().eye.x")
    # pictures above it that are drawn late push it away from under the mouse
    for _ in range(30):
        cloud.scroll_into_view_if_needed()
        box = cloud.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        reader.page.mouse.move(x, y)
        reader.page.mouse.down()
        reader.page.mouse.move(x + 90, y + 10, steps=8)
        reader.page.mouse.up()
        reader.settle()
        after = reader.page.evaluate(f"() => {scene}.getCamera().eye.x")
        if abs(after - before) > 0.1:
            break
    assert abs(after - before) > 0.1


@pytest.mark.browser
def test_the_grid_of_settings_is_drawn_whole(visit):
    reader = visit()
    reader.open("detectors")
    reader.page.get_by_text("Show the grid").click()
    # scores, the support vector machine, nine of them, LOF
    reader.page.wait_for_function(
        "() => document.querySelectorAll('.js-plotly-plot').length === 12"
        " && document.querySelectorAll('.contourlayer').length >= 10"
    )
    reader.settle()
    reader.is_whole()


def upload(reader, path):
    own = reader.page.get_by_test_id("stFileUploader")
    # of the two places to drop a file that of its kind
    kind = texts(reader.language)["own.model" if path.suffix == ".pgv" else "own.upload"]
    place = own.filter(has_text=kind)
    place.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    # which shortens a long name
    place.locator(f'[data-testid=stFileChip][aria-label^="{path.name}"]').wait_for()
    reader.settle()


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES[:2])
def test_wrong_files_get_a_sentence(visit, tmp_path, language):
    tone = np.sin(np.arange(32000) / 9) / 4
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "silent.wav", 0 * tone, 16000)
    soundfile.write(tmp_path / "other_rate.wav", tone, 44100)
    expected = {
        "text.wav": ("no readable audio", "pas un fichier audio"),
        "silent.wav": ("digital silence", "silence numérique"),
        "other_rate.wav": ("44,100 samples a second", "44\u202f100 échantillons par seconde"),
    }
    for name, words in expected.items():
        reader = visit(390, language)
        reader.open("own_clip")
        upload(reader, tmp_path / name)
        reader.reads(words[LANGUAGES.index(language)])
        expect(reader.page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.browser
def test_an_uploaded_clip_gets_the_score_that_the_workflow_gave(visit, small):
    scores = pd.read_csv(small / "resources/small/scores.csv", dtype={"id": str})
    rows = scores[(scores["detector"] == "fusion") & (scores["label"] == "anomaly")]
    worst = rows.sort_values("score").iloc[-1]
    reader = visit()
    reader.open("own_clip")
    box = reader.page.get_by_role("combobox").first
    name = f"{worst['machine']} ID {worst['id']}"
    box.fill(name)
    expect(reader.page.get_by_role("option")).to_have_text([name])
    box.press("Enter")
    reader.settle()
    upload(reader, small / "data/small" / worst["machine"] / "test" / worst["clip"])
    reader.reads("ANOMALOUS", f"{worst['score']:,.2f}", "What drives the score")
    # the clip, and what drives its score in frequency and in time
    expect(reader.page.locator(".js-plotly-plot")).to_have_count(3)


@pytest.mark.browser
def test_a_model_of_one_detector_is_judged_by_the_one_that_is_named(visit, small, tmp_path):
    from pygoodvibes.cli.main import main

    healthy, model = tmp_path / "healthy", tmp_path / "my-fan.pgv"
    healthy.mkdir()
    for clip in (small / "data/small/fan/train").glob("normal_id_00_*.wav"):
        shutil.copy(clip, healthy)
    assert main(["fit", str(healthy), "-o", str(model), "--detectors", "lof"]) == 0
    reader = visit()
    reader.open("own_clip")
    boxes = reader.page.get_by_role("combobox")
    machine, detector = boxes.nth(0), boxes.nth(1)
    expect(machine).to_have_value("fan ID 00")
    expect(detector).to_have_value("fusion")
    upload(reader, model)
    expect(machine).to_have_value("my-fan.pgv")
    expect(detector).to_have_value("lof")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (390, "fr")])
def test_without_results_a_fitted_model_judges_a_clip(
    browser, small, tmp_path, capsys, width, language
):
    from pygoodvibes.cli.main import main
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring.score_clip import score_clip

    healthy = tmp_path / "healthy"
    healthy.mkdir()
    for clip in (small / "data/small/fan/train").glob("normal_id_00_*.wav"):
        shutil.copy(clip, healthy)
    model = tmp_path / "my-fan.pgv"
    assert main(["fit", str(healthy), "-o", str(model)]) == 0
    clip = small / "data/small/fan/test/anomaly_id_00_00000000.wav"
    expected = score_clip(machine_model.load(model), clip)
    (tmp_path / "root").mkdir()
    with served(tmp_path / "root") as address:
        reader = Visit(browser, address, width, language)
        reader.open("own_clip")
        reader.reads({"en": "no models yet", "fr": "pas encore de modèles"}[language])
        # Streamlit's own word gives way to one of the reader's language
        button = reader.page.get_by_test_id("stFileUploaderDropzone").locator("button p")
        expect(button).to_have_css("font-size", "0px")
        word = button.evaluate("button => getComputedStyle(button, '::after').content")
        assert word == {"en": '"Choose a file"', "fr": '"Choisir un fichier"'}[language]
        upload(reader, model)
        reader.reads("my-fan.pgv")
        upload(reader, clip)
        score = f"{expected.score:,.2f}"
        reader.reads(score if language == "en" else score.replace(".", ","))
        words = {"en": "What is odd, when and where", "fr": "Ce qui est étrange, quand et où"}
        reader.reads(words[language])
        expect(reader.page.locator(".js-plotly-plot")).to_have_count(3)
        reader.settle()
        reader.is_whole()
        # the other pages say what to do
        reader.open("results")
        reader.reads("make results")
        reader.is_whole()
        reader.page.close()


@pytest.mark.browser
@pytest.mark.shared
def test_a_real_anomalous_fan_gets_its_verdict(visit, shared, small, tmp_path):
    from pygoodvibes.audio import mel_cache
    from pygoodvibes.config.validate import validate
    from pygoodvibes.data.list_clips import found_rows, write_manifests
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring.fit_clips import fit_clips
    from pygoodvibes.monitoring.score_clip import score_clip
    from pygoodvibes.util.csv_files import read_records

    folder = shared / "data/mimii_fan_0db"
    config = validate(
        {
            "dataset": {"name": "real", "source": "folder", "path": str(folder)},
            "detectors": {"fusion": {}},
        }
    )
    content = config.model_dump(mode="json")
    write_manifests(
        found_rows(config.dataset),
        dataset=content["dataset"],
        audio=content["audio"],
        manifest_path=tmp_path / "manifest.csv",
        coverage_path=tmp_path / "coverage.csv",
        ids_folder=tmp_path / "ids",
    )
    rows = read_records(tmp_path / "manifest.csv")
    train = [row for row in rows if row["split"] == "train"]
    key = train[0]["machine"], train[0]["id"]
    train = [row for row in train if (row["machine"], row["id"]) == key]
    settings = {"audio_settings": content["audio"], "mel_settings": content["mel"]}
    (tmp_path / "mel").mkdir()
    model, _ = fit_clips(
        config,
        train,
        mel_cache.compute(train, folder, **settings),
        name="fan",
        folder=tmp_path / "mel",
    )
    root = tmp_path / "root"
    shutil.copytree(small, root)
    shutil.rmtree(root / "results/small/models")
    (root / "results/small/models").mkdir()
    machine_model.save(root / f"results/small/models/{key[0]}_id_{key[1]}.pgv", model)
    clip = folder / "fan/test/anomaly_id_00_00000002.wav"
    usual = score_clip(model, clip)
    strict = score_clip(model, clip, false_alarm_rate=0.5)
    assert usual.verdict == "undecided"  # of twelve clips
    with served(root) as address:
        reader = visit(address=address)
        reader.open("own_clip")
        upload(reader, clip)
        reader.page.get_by_text("Verdict for fan ID 00").wait_for()
        reader.reads(f"{usual.score:,.2f}", "? UNDECIDED.", "fit to 47 more normal clips")
        reader.settle()
        # half of all normal clips may raise an alarm: then this one does
        assert strict.verdict == "anomalous"
        reader.page.get_by_role("slider").focus()
        reader.page.keyboard.press("End")
        reader.reads("▲ ANOMALOUS.", f"{strict.threshold:,.2f}")
        assert reader.problems == []
