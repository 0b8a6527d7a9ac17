"""The page, made from a small data set by the functions that make the real one."""

import base64
import html.parser
import io
import json
import os
import pathlib
import re

import numpy as np
import pypdf
import pytest
import soundfile
import yaml

from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.data import manifest
from pygoodvibes.data.clip import Clip
from pygoodvibes.evaluation.evaluate import DOMAIN, SCORE_COLUMNS, evaluate_machine_id
from pygoodvibes.evaluation.gather_metrics import write_metrics
from pygoodvibes.report import pdf
from pygoodvibes.report.summary import page as summary_page
from pygoodvibes.report.summary.clips import (
    SOUND_BYTES,
    Scored,
)
from pygoodvibes.report.summary.inputs import PageFiles, PageSettings
from pygoodvibes.report.summary.page import render, write_summary
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.language import catalog_of, languages

ODD = "anomaly_<b>&\"'_00000001.wav"
DETECTORS = ["knn", "lof"]


class Page(html.parser.HTMLParser):
    """What stands in a page: text by section, what is loaded, and the values of <data>."""

    VOID = ("meta", "link", "img", "br", "line", "circle", "path")

    def __init__(self, text):
        super().__init__()
        self.open, self.section, self.text = [], "", {}
        self.tags, self.loaded, self.values, self.links, self.headlines = [], [], [], [], []
        self.ids = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.tags.append(tag)
        self.ids.add(known.get("id"))
        for name in ("src", "srcset", "poster", "data", "xlink:href"):
            if name in known:
                self.loaded.append(known[name])
        if "href" in known:
            self.links.append(known["href"])
        if tag == "data":
            self.values.append(known["value"])
            if known.get("class") == "headline":
                self.headlines.append(float(known["value"]))
        if tag == "section":
            self.section = known["id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th", "dt", "dd"):
            self.handle_data(" ")
        if tag == "section":
            self.section = ""

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.text[self.section] = self.text.get(self.section, "") + data

    def said(self, section):
        """Return the text of a section, '' for what stands above the first, on one line."""
        return " ".join(self.text[section].split())


class Run:
    """The files of a run on a small data set."""

    def __init__(self, folder):
        self.folder = folder
        self.rows, self.scores = [], {}
        self.source, self.mel, self.sound = "folder", True, True
        self.bootstrap = 200

    def machine(
        self,
        machine,
        machine_id,
        *,
        train=30,
        normal=12,
        anomaly=12,
        unknown=0,
        shift=3.0,
        domains=("",),
    ):
        """Add the clips of a machine ID; anomalous and unknown ones score higher by `shift`.

        Domains are given in turn; normal test clips of the target score higher by 5.
        """
        rng = np.random.default_rng(len(self.rows))
        scores = self.scores.setdefault((machine, machine_id), {})
        groups = [("train", "normal", train), ("test", "normal", normal)]
        groups += [("test", "anomaly", anomaly), ("test", "unknown", unknown)]
        for split, label, count in groups:
            for number in range(count):
                name = f"{label}_id_{machine_id}_{split}_{number:08d}.wav"
                if (label, number) == ("anomaly", 1):
                    name = ODD
                path = f"{machine}/{machine_id}/{split}/{name}"
                domain = domains[number % len(domains)]
                clip = Clip(machine, machine_id, split, label, path, name, domain)
                row = {**manifest.blank_row(clip), "seconds": "0.5", "sample_rate": "8000"}
                self.rows.append({**row, "xxh3_128": f"{len(self.rows):032x}", "status": "ok"})
                scores[split, name] = rng.normal() + shift * (label in ("anomaly", "unknown"))
                scores[split, name] += 5 * ((split, label, domain) == ("test", "normal", "target"))

    def left_out(self, name, reason):
        """Add a clip that can't be used."""
        blank = manifest.blank_row(Clip("fan", "00", "train", "normal", name, name))
        self.rows.append({**blank, "status": reason})

    def config(self):
        """Return the config."""
        content = {
            "dataset": {"name": "plant", "source": "folder", "path": "recordings"},
            "detectors": {name: {} for name in DETECTORS},
            "audio": {"sample_rate": 8000},
            "mel": {"n_mels": 16, "n_fft": 256, "hop_length": 128},
            "evaluation": {"bootstrap": self.bootstrap},
        }
        return validate(content, name="test").model_dump(mode="json")

    def write(self, root, language="en"):
        """Write the files and the page in a language; return the page."""
        config = self.config()
        place = self.folder
        write_records(place / "manifest.csv", self.rows, manifest.COLUMNS)
        coverage = manifest.coverage(self.rows)
        write_records(place / "coverage.csv", coverage, manifest.COVERAGE_COLUMNS)
        settings = dict(config["evaluation"])
        documents, scores, mels, clips = [], [], [], []
        for number, entry in enumerate(coverage):
            key = entry["machine"], entry["id"]
            own = [row for row in self.rows if (row["machine"], row["id"]) == key]
            if not manifest.trainable(entry):
                continue
            document, table = evaluate_machine_id(
                own,
                scores={
                    "knn": self.scores[key],
                    "lof": {name: -score for name, score in self.scores[key].items()},
                },
                notes={name: [] for name in DETECTORS},
                explained_variance=np.array([0.6, 0.3]),
                false_alarm_rates=dict.fromkeys(DETECTORS, 0.1),
                threshold_method="quantile",
                seed=1,
                **settings,
            )
            documents.append(place / f"{number}.json")
            documents[-1].write_text(json.dumps(document))
            scores.append(place / f"{number}.csv")
            domain = [DOMAIN] * (DOMAIN in table[0])
            write_records(scores[-1], table, [*SCORE_COLUMNS, *domain])
            if self.mel:
                mels.append(place / f"{number}.npy")
                clips.append(place / f"{number}.clips.csv")
                mel_cache.write(mels[-1], clips[-1], self.frames(own))
        outputs = {
            "metrics_json": place / "metrics.json",
            **{name: place / f"{name}.csv" for name in ("metrics", "averages", "sweep", "roc")},
            "scores": place / "scores.csv",
        }
        write_metrics(
            coverage_path=place / "coverage.csv",
            evaluations=documents,
            scores=scores,
            detectors=DETECTORS,
            outputs=outputs,
        )
        page = place / "summary.html"
        write_summary(
            PageFiles(
                template=str(root / "report" / "summary.html.j2"),
                manifest=place / "manifest.csv",
                coverage=place / "coverage.csv",
                metrics=outputs["metrics"],
                averages=outputs["averages"],
                headline=outputs["metrics_json"],
                evaluations=documents,
                scores=scores,
                mels=mels,
                mel_clips=clips,
                catalog=catalog_of(language),
            ),
            PageSettings(
                detectors=DETECTORS,
                false_alarm_rates=dict.fromkeys(DETECTORS, 0.1),
                data="data set plant",
                source=self.source,
                published="none",
                data_folder=str(place / "recordings") if self.sound else None,
                config=config,
            ),
            output=page,
        )
        return page.read_text(encoding="utf-8")

    def frames(self, rows):
        """Make a spectrogram of each clip, in which anomalies are louder in one band, and sound."""
        for row in rows:
            rng = np.random.default_rng(int(row["xxh3_128"] or "0", 16))
            if self.sound:
                path = self.folder / "recordings" / row["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, rng.normal(0, 0.1, 4000), 8000)
            frames = rng.normal(-40, 1, size=(32, 16)).astype(np.float32)
            frames[8:16, 11] += 20 * (row["label"] in ("anomaly", "unknown"))
            yield row, frames if row["status"] == "ok" else row["status"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return an empty run; its page shows two clips, since pictures take a while."""
    monkeypatch.setattr(summary_page, "SHOWN", 2)
    return Run(tmp_path)


@pytest.fixture(scope="module")
def usual(root, tmp_path_factory):
    """Return a run with something of everything, and its page."""
    run = Run(tmp_path_factory.mktemp("run"))
    run.machine("fan", "00", shift=9.0)
    run.machine("fan", "02", shift=0.0)
    run.machine("fan", "04", train=2)
    run.machine("pump", "00", anomaly=4)
    run.machine("pump", "02", anomaly=0)
    run.machine("valve", "00", shift=1.5)
    run.left_out("fan/<i>bad & worse.wav", "empty file (0 bytes)")
    return run, run.write(root)


def test_the_page_needs_nothing_beside_it(usual):
    page = Page(usual[1])
    assert page.open == [] and "script" not in page.tags and "link" not in page.tags
    assert page.loaded and all(
        re.match(r"data:(image/webp|audio/flac);base64,", each) for each in page.loaded
    )
    assert all(each.startswith("#") and each[1:] in page.ids for each in page.links)
    style = usual[1].partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in usual[1]


def test_its_sounds_and_pictures_are_whole(usual):
    page = Page(usual[1])
    decoded = [
        (each.partition(";")[0], base64.b64decode(each.partition(",")[2])) for each in page.loaded
    ]
    pictures = [content for kind, content in decoded if kind == "data:image/webp"]
    sounds = [content for kind, content in decoded if kind == "data:audio/flac"]
    assert len(pictures) == summary_page.SHOWN and len(sounds) == 2 * summary_page.SHOWN
    assert all(content[8:12] == b"WEBP" for content in pictures)
    for content in sounds:
        samples, rate = soundfile.read(io.BytesIO(content))
        assert (len(samples), rate) == (4000, 8000) and np.std(samples) > 0.05


def test_the_numbers_are_those_of_the_metrics(usual):
    run, text = usual
    headline = json.loads((run.folder / "metrics.json").read_text())
    page = Page(text)
    types = [values["knn"] for values in headline["auc_by_type"].values()]
    assert page.headlines == [value for value in [*types, headline["auc"]["knn"]] if value]
    metrics = [row for row in read_records(run.folder / "metrics.csv") if row["detector"] == "knn"]
    said = page.said("machines")
    for row in metrics:
        if row["auc"]:
            assert str(float(row["auc"])) in page.values
            low, high = (100 * float(row[f"auc_{end}"]) for end in ("low", "high"))
            assert f"{100 * float(row['auc']):.1f} [{low:.1f}, {high:.1f}]" in said
    pairs = f"in {100 * headline['auc']['knn']:.0f} of 100 such pairs"
    assert pairs in page.said("sure")
    decisions = [
        (row["label"], decision)
        for path in run.folder.glob("[0-9]*.json")
        for document in [json.loads(path.read_text())]
        for clip, decision in document["test"]["knn"]["decisions"].items()
        for row in read_records(path.with_suffix(".csv"))
        if (row["detector"], row["split"], row["clip"]) == ("knn", "test", clip)
    ]
    found = [decision for label, decision in decisions if label == "anomaly"]
    alarms = [decision for label, decision in decisions if label == "normal"]
    assert f"{sum(found)} of {len(found)} faulty clips raised an alarm" in page.said("")
    assert f"{sum(alarms)} of {len(alarms)} normal clips raised a false alarm" in page.said("")
    assert f"{sum(found) + sum(alarms)} test clips of {len(decisions)} lie above" in (
        page.said("listen")
    )


def test_each_machine_has_its_verdict_the_best_first(usual):
    said = Page(usual[1]).said("machines")
    expected = [
        ("fan ID 00", "✔ watched well"),
        ("valve ID 00", "◐ watched in part"),
        ("fan ID 02", "✖ perhaps no better than chance"),
        ("pump ID 00", "? too few clips to tell"),
        ("pump ID 02", "○ watched, not tested"),
        ("fan ID 04", f"{NOTHING} not watched"),
    ]
    places = [said.index(f"{name} {verdict}") for name, verdict in expected]
    assert places == sorted(places)
    first = Page(usual[1]).said("")
    assert "Of 6 machines, 1 is watched well, 1 is watched in part, 1 is perhaps no better" in first


def test_what_was_left_out_is_told_with_its_reason(usual):
    said = Page(usual[1]).said("left-out")
    assert "fan/<i>bad & worse.wav empty file (0 bytes)" in said
    assert "fan ID 04: no detector can be fitted: 2 usable training clip(s)" in said
    assert "pump ID 02: no AUC: no anomalous test clip" in said


def test_odd_names_are_text_and_nothing_else(usual):
    page = Page(usual[1])
    assert ODD in page.said("listen")
    assert "b" not in page.tags and "i" not in page.tags
    assert ODD not in usual[1] and "<i>bad" not in usual[1]


def test_the_listed_clips_are_chosen_by_score_and_say_what_is_out(usual):
    run, text = usual
    said = Page(text).said("listen")
    # 16 mel bands up to 4 kHz: the twelfth is the loud one
    assert re.search(r"Least normal around 2,\d00 Hz: at times \d+\.\d spreads louder", said)
    documents = [json.loads(path.read_text()) for path in sorted(run.folder.glob("[0-9]*.json"))]
    for document in documents:
        decisions, scores = (document["test"]["knn"][name] for name in ("decisions", "scores"))
        above = [clip for clip, alarm in decisions.items() if alarm]
        if above:
            assert max(above, key=scores.get) in said
    normal = re.findall(r"A normal one: (\S+)", said)
    assert len(normal) == summary_page.SHOWN and all("_train_" in name for name in normal)


def test_the_settings_stand_in_it_whole(usual):
    run, text = usual
    settings = html.unescape(re.search(r"<pre>(.*?)</pre>", text, re.DOTALL)[1])
    assert yaml.safe_load(settings) == run.config()


def test_the_same_run_gives_the_same_bytes_and_names_no_folder(usual, root):
    run, text = usual
    assert run.write(root) == text
    assert str(run.folder) not in text and str(root) not in text


WORDS = {
    "fr": (
        "Quelles machines sont bien surveillées\xa0?",
        "1 n'est peut-être pas mieux surveillée que par le hasard",
        "✔ bien surveillée 100,0 [100,0\xa0; 100,0] 12 sur 12",
        "le fichier est vide (0 octet)",
        "fan ID 04\xa0: aucun détecteur ne peut être ajusté\xa0: 2 extrait(s)",
        "Fausses alarmes attendues",
    ),
    "de": (
        "Welche Maschinen sind gut überwacht?",
        "Von 6 Maschinen: 1 ist gut überwacht, 1 ist teilweise überwacht, 1 ist vielleicht nicht",
        "✔ gut überwacht 100,0 [100,0; 100,0] 12 von 12",
        "leere Datei (0 Byte)",
        "fan ID 04: kein Detektor kann angelernt werden: 2 brauchbare",
        "Erwartete Fehlalarme",
    ),
}


@pytest.mark.parametrize("language", languages()[1:])
def test_the_page_speaks_the_language_of_its_catalog(usual, root, language, monkeypatch):
    run, english = usual
    monkeypatch.setattr(summary_page, "SHOWN", 1)
    text = run.write(root, language)
    assert f'<html lang="{language}">' in text
    page = Page(text)
    said = " ".join(page.said(section) for section in page.text)
    for words in WORDS[language]:
        assert " ".join(words.split()) in said, words
    # names, versions and the config are in no language
    own = re.sub(r"\S+\.wav|Python 3.*? language: \w+", "", said)
    left = re.findall(r"\b(the|of|and|is|are|with|clips?|not|learnt)\b", own)
    assert left == []
    assert re.findall(r"\d\.\d(?!\d\d\b)", own) == []
    assert page.values == Page(english).values


@pytest.mark.browser
def test_of_many_machines_four_pages_are_printed_and_all_with_tables(run, root, tmp_path):
    try:
        pdf.find_browser()
    except UserError as error:
        if os.environ.get("PYGOODVIBES_REQUIRE_BROWSER") == "1":
            raise
        pytest.skip(str(error))
    for number in range(28):
        train = 20 if number < 24 else 2
        run.machine(f"type{number % 9}", f"{number:02d}", train=train, shift=number / 8)
    for number in range(60):
        run.left_out(f"fan/recording_{number}.wav", "empty file (0 bytes)")
    text = run.write(root)
    for whole in (False, True):
        pdf.print_page(tmp_path / "summary.html", tmp_path / "summary.pdf", whole=whole)
        pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "summary.pdf").pages]
        said = " ".join(" ".join(pages).split())
        assert (len(pages) == 4) != whole
        assert ("All tables" in said) == ("recording_40.wav" in said) == whole
        assert ("5 machines that are watched best are left out" in said) != whole
        assert said.count("And then") == 1 and "and 5" in said
    assert text.count("only-short") > 5


def test_synthetic_sounds_are_called_that(run, root):
    run.machine("fan", "00")
    assert "made by a generator" not in run.write(root)
    run.source = "synthetic"
    assert "made by a generator" in run.write(root)


def test_without_anomalies_there_is_no_auc_and_the_rest_is_there(run, root):
    run.machine("fan", "00", anomaly=0)
    page = Page(run.write(root))
    assert "fan ID 00 is watched but not tested." in page.said("")
    assert "nobody knows how many faults would be found" in page.said("")
    assert re.search(r"\d+ of 12 normal clips raised a false alarm", page.said(""))
    assert "Nobody knows yet" in page.said("sure") and "AUC" not in page.said("sure")
    assert "With other clips of this machine, it would be between" in page.said("sure")


def test_unknown_labels_get_a_list_to_listen_to(run, root):
    run.machine("fan", "00", normal=0, anomaly=0, unknown=8, shift=9.0)
    page = Page(run.write(root))
    assert "8 of 8 clips lie above the threshold and should be listened to first" in page.said("")
    assert page.said("listen").count("state not known") == 8
    assert "of 100 such pairs" not in page.said("sure") and "kinds of fault" not in page.said(
        "sure"
    )
    assert "The dot" not in page.said("machines")


def test_vectors_without_sound_or_spectrogram(run, root):
    run.machine("fan", "00", shift=9.0)
    run.mel = run.sound = False
    page = Page(run.write(root))
    assert not page.loaded and "audio" not in page.tags and "img" not in page.tags
    assert page.said("listen").count("The data set holds no sound") == 1
    assert "fan ID 00 is watched well" in page.said("")


def test_spectrograms_without_sound_are_shown(run, root):
    run.machine("fan", "00", shift=9.0)
    run.sound = False
    page = Page(run.write(root))
    assert "audio" not in page.tags and page.tags.count("img") == summary_page.SHOWN


def test_a_sound_that_is_gone_is_said_and_the_rest_goes_on(run, root):
    run.machine("fan", "00", shift=9.0)
    run.write(root)
    run.frames = lambda rows: ((row, np.zeros((32, 16), np.float32)) for row in rows)
    for path in (run.folder / "recordings").rglob("anomaly*"):
        path.unlink()
    said = Page(run.write(root)).said("listen")
    assert (
        said.count("Not to be heard here: can't be read (No such file or directory)")
        == summary_page.SHOWN
    )
    assert said.count("A normal one") == summary_page.SHOWN


def test_no_machine_can_be_watched(run, root):
    run.machine("fan", "00", train=2)
    page = Page(run.write(root))
    assert "fan ID 00 is not watched at all." in page.said("")
    assert "There was no clip to test" in page.said("")
    assert "there is no test clip with a score" in page.said("listen")
    assert f"{NOTHING} not watched no detector can be fitted" in page.said("machines")


def test_no_alarm_is_said(run, root):
    run.machine("fan", "00", shift=-9.0)
    run.scores["fan", "00"] = {
        key: score - 9 * (key[0] == "test") for key, score in run.scores["fan", "00"].items()
    }
    page = Page(run.write(root))
    assert "No test clip lies above the threshold of its machine. These come closest." in (
        page.said("listen")
    )
    assert page.tags.count("img") == summary_page.SHOWN
    assert "0 of 12 faulty clips raised an alarm (0 of 100)" in page.said("")
    assert "alarms would be right" not in page.said("sure")


def test_a_threshold_that_makes_no_use_of_good_scores_is_told_of(run, root):
    run.machine("fan", "00", shift=9.0)
    for key in run.scores["fan", "00"]:
        run.scores["fan", "00"][key] += 50 * (key[0] == "train")
    said = Page(run.write(root)).said("sure")
    assert "0 of 12 faulty clips raised an alarm" in said
    assert (
        "The scores of fan ID 00 do tell faulty clips from normal ones, but the threshold" in said
    )


def test_without_resamples_there_is_no_verdict(run, root):
    run.machine("fan", "00", shift=9.0)
    run.bootstrap = 0
    page = Page(run.write(root))
    assert "? too few clips to tell" in page.said("machines")
    assert "No interval was computed" in page.said("sure")


def clip(machine, score, excess):
    return Scored(machine, "00", f"{score}.wav", "unknown", score, 1.0, excess, True)


def test_the_page_of_the_whole_data_set_stays_below_five_megabytes():
    # what fills it are the sounds and pictures of the clips shown
    most = summary_page.SHOWN * (2 * SOUND_BYTES + 100_000)
    assert most * 4 / 3 < 5e6


def test_a_missing_value_in_the_template_is_an_error(tmp_path):
    template = pathlib.Path(tmp_path, "a.j2")
    template.write_text("{{ nothing }}")
    with pytest.raises(Exception, match="nothing"):
        render(template)
    template.write_text("{{ text }}")
    assert render(template, text="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_of_sections_with_domains_the_page_says_what_matters_by_domain(run, root, language):
    run.mel = run.sound = False
    run.machine("fan", "00", normal=40, shift=9.0, domains=("source", "target"))
    run.machine("pump", "02", normal=4, domains=("source", "target"))
    text = run.write(root, language)
    page = Page(text)
    words = {"de": ["Zieldomäne", "Maschinen-ID"], "fr": ["domaine cible", "ID de machine"]}
    domain, unit = words.get(language, ["target domain", "machine ID"])
    said = {name: page.said(name) for name in ("", "sure", "machines", "listen", "tables")}
    assert "fan section 00" in said[""]
    assert all(domain in each for name, each in said.items() if name != "tables")
    everything = " ".join(map(page.said, page.text))
    assert unit not in everything and "fan ID 00" not in everything
    if language == "en":
        assert "False alarms of fan section 00 differ by domain: 20 of 20 normal clips" in said[""]
        assert "target domain: 20 of 20" in said["machines"]
        assert "false alarm · target domain" in said["listen"]
        for title in ("Official score", "AUC per domain", "Decisions per domain", "Clips per dom"):
            assert title in said["tables"]
