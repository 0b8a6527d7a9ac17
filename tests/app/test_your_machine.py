"""The page that learns a machine and judges it: without results, alone and in a browser."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

import own_machine
from app_pages import LANGUAGES, Visit, opened, said, served

pytestmark = pytest.mark.xdist_group("app")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Return folders of normal recordings, and of new ones."""
    folder = tmp_path_factory.mktemp("clips")
    own_machine.healthy(folder / "good", 12)
    for number in range(2):
        own_machine.write(folder / f"new/fine-{number}.wav", 500 + number)
    own_machine.write(folder / "new/odd.wav", 600, whistle=0.05)
    return folder


def hand_in(app, kind, paths):
    """Hand in files; what was taken makes room for more."""
    [place] = [each for each in app.get("file_uploader") if f"upload_{kind}_" in each.key]
    place.set_value([(path.name, path.read_bytes(), "audio/wav") for path in paths])
    return app.run()


def pressed(app, key):
    [button] = [each for each in app.button if each.key == key]
    return button.click().run()


@pytest.fixture
def page(tmp_path, monkeypatch):
    return lambda language="en": opened(tmp_path, monkeypatch, "your_machine", language)


def test_normal_recordings_are_learned_and_new_ones_judged(page, clips):
    app = hand_in(page(), "healthy", sorted((clips / "good").iterdir()))
    assert "**12 of 12** recordings can be used: 12 s in all, at 8,000 Hz" in said(app)
    app = pressed(app, "learn")
    assert not app.exception
    assert [each.value for each in app.metric][:1] == ["12"]
    assert "fit to 47 more normal clips" in said(app)
    app = hand_in(app, "new", sorted((clips / "new").iterdir()))
    assert not app.exception
    assert "anomalous: 1, undecided: 2. The highest score comes first." in said(app)
    labels = [each.label for each in app.expander if "badge" in each.label]
    assert "▲ ANOMALOUS" in labels[0] and "odd\\.wav" in labels[0]
    assert all("? UNDECIDED" in label for label in labels[1:])
    # one that was normal after all is learned as well
    key = next(each.key for each in app.button if each.key.startswith("learn_odd"))
    app = pressed(app, key)
    assert "The recordings have changed since" in said(app)
    app = pressed(app, "learn")
    assert not app.exception
    assert app.metric[0].value == "13"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_of_the_microphone_is_told_on_a_chart(page, tmp_path, language):
    good = own_machine.healthy(tmp_path / "good", 22)
    app = pressed(hand_in(page(language), "healthy", sorted(good.iterdir())), "learn")
    new = [
        own_machine.save(
            tmp_path / f"new{n}.wav", own_machine.sound(700 + n) * (1 if n < 9 else 0.25)
        )
        for n in range(18)
    ]
    app = hand_in(app, "new", new[:9])
    charts = {"en": "Over time: ", "fr": "Au fil du temps", "de": "Im Lauf der Zeit"}
    assert not app.exception
    assert not [each for each in app.expander if each.label.startswith(charts[language])]
    app = hand_in(app, "new", new[9:])
    assert not app.exception
    [chart] = [each for each in app.expander if each.label.startswith(charts[language])]
    warnings = " ".join(each.value for each in chart.warning).replace("\\", "")
    words = {
        "en": "the recording has changed since new9.wav: 12 dB quieter",
        "fr": "l'enregistrement a changé depuis new9.wav\xa0: 12 dB de moins",
        "de": "die Aufnahme hat sich seit new9.wav geändert: 12 dB leiser",
    }
    assert words[language] in warnings, warnings


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_among_the_recordings_is_asked_first(page, clips, language):
    paths = sorted((clips / "good").iterdir())
    app = hand_in(page(language), "healthy", paths)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(clips / "new/odd.wav", "défaut roulement/a.wav")
    [place] = app.get("file_uploader")
    place.set_value([("more.zip", content.getvalue(), "application/zip")])
    app = app.run()
    words = {
        "en": "speaks of a fault ('defaut')",
        "fr": "parle d'un défaut",
        "de": "von einem Fehler spricht",
    }
    told = [each.value.replace("\\", "") for each in app.warning]
    assert any(words[language] in each for each in told), told
    learn = next(each for each in app.button if each.key == "learn")
    assert learn.disabled
    app = app.checkbox[0].check().run()
    assert not next(each for each in app.button if each.key == "learn").disabled
    # or it is taken out: what is suspect is chosen already
    app = pressed(app, "out")
    assert not app.warning
    assert not app.checkbox


def test_recordings_far_apart_are_asked_once_they_are_heard(page, clips, tmp_path):
    for number in range(5):
        loud = 8 * own_machine.sound(700 + number)
        own_machine.save(tmp_path / f"b/{number}-loud.wav", loud)
    paths = [*sorted((clips / "good").iterdir()), *sorted((tmp_path / "b").iterdir())]
    app = hand_in(page(), "healthy", paths)
    assert not app.warning
    app = pressed(app, "learn")
    assert not app.exception
    assert any("lie far apart from the others" in each.value for each in app.warning)
    assert not app.metric
    app = app.checkbox[0].check().run()
    app = pressed(app, "learn")
    assert app.metric[0].value == "17"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_used_is_said_and_no_place_of_this_machine(page, tmp_path, language):
    (tmp_path / "text.wav").write_text("no sound")
    app = hand_in(page(language), "healthy", [tmp_path / "text.wav"])
    assert not app.exception
    words = {
        "en": "what was handed in: none of its 1",
        "fr": "ce qui a été déposé",
        "de": "was abgegeben wurde",
    }
    assert words[language] in app.error[0].value.replace("\\", "")
    assert "pygoodvibes-" not in said(app)


def test_a_name_is_shown_as_it_is_and_not_as_markdown(page, clips, tmp_path):
    app = hand_in(page(), "healthy", sorted((clips / "good").iterdir()))
    app = pressed(app, "learn")
    odd = tmp_path / "![](x) **b**.wav"
    odd.write_bytes((clips / "new/odd.wav").read_bytes())
    app = hand_in(app, "new", [odd])
    [label] = [each.label for each in app.expander if "badge" in each.label]
    assert r"\!\[\]\(x\) \_\_b\_\_\.wav" in label


@pytest.mark.browser
@pytest.mark.shared
def test_twelve_real_clips_are_learned_and_28_judged_by_keyboard(browser, shared, tmp_path):
    folder = shared / "data/mimii_fan_0db/fan"
    with served(tmp_path) as address:
        reader = Visit(browser, address, 390, "fr")
        reader.open("your_machine")
        places = reader.page.get_by_test_id("stFileUploaderDropzoneInput")
        places.first.set_input_files(sorted((folder / "train").iterdir()))
        learn = reader.page.get_by_role("button", name="Apprendre de 12 enregistrements")
        learn.focus()
        reader.page.keyboard.press("Enter")
        reader.reads("2. Ce qui a été appris", "ajoutez 47 extraits normaux")
        expect(places).to_have_count(2)
        reader.settle()
        places.nth(1).set_input_files(sorted((folder / "test").iterdir()))
        reader.reads("indécis : 28", "Ce qui s'écarte du normal")
        reader.settle()
        listed = reader.page.get_by_test_id("stExpander").filter(has_text="INDÉCIS")
        expect(listed).to_have_count(25)
        scores = [
            float(each.locator("strong").first.inner_text().replace(",", "."))
            for each in listed.all()
        ]
        assert scores == sorted(scores, reverse=True)
        second = listed.nth(1).locator("summary")
        second.focus()
        reader.page.keyboard.press("Enter")
        expect(listed.nth(1).locator("audio")).to_have_count(1)
        reader.settle()
        # half of all normal clips may raise an alarm: then some do
        reader.page.get_by_role("slider").first.focus()
        reader.page.keyboard.press("End")
        reader.reads("anormaux :")
        keep = reader.page.get_by_role("button", name="Le garder dans ce projet")
        keep.focus()
        reader.page.keyboard.press("Enter")
        reader.reads("Gardé sous models/ma-machine_id_00.pgv")
        reader.settle()
        reader.is_whole()
        reader.page.close()
    assert (tmp_path / "models/ma-machine_id_00.pgv").is_file()
