import io
import os
import pathlib
import re
import stat
import subprocess

import pypdf
import pytest

from pygoodvibes.cli.main import main
from pygoodvibes.report import pdf
from pygoodvibes.util.errors import UserError

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><style>
@media print { .screen, .short .beyond { display: none } section { break-before: page } }
</style></head><body><p>Of 12 machines, 5 are watched well.</p><p class="screen">Play</p>
<section>Words<details class="beyond"><summary>Tables</summary><p>hidden until unfolded</p>
</details></section>
</body></html>
"""


@pytest.fixture
def browser():
    """Return the browser of this machine; without one the test is left out, unless it must run."""
    try:
        return pdf.find_browser()
    except UserError as error:
        if os.environ.get("PYGOODVIBES_REQUIRE_BROWSER") == "1":
            raise
        pytest.skip(str(error))


def text_of(path):
    pages = pypdf.PdfReader(io.BytesIO(pathlib.Path(path).read_bytes())).pages
    return [" ".join(page.extract_text().split()) for page in pages]


@pytest.mark.browser
def test_a_page_is_printed_with_all_unfolded_and_nothing_left_behind(browser, tmp_path):
    page = tmp_path / "a page & more.html"
    page.write_text(PAGE)
    for whole, end in ((True, "Tables hidden until unfolded"), (False, "Words")):
        pdf.print_page(page, tmp_path / "page.pdf", whole=whole)
        first, second = text_of(tmp_path / "page.pdf")
        assert first == "Of 12 machines, 5 are watched well."
        assert second.endswith(end)
    assert {path.name for path in tmp_path.iterdir()} == {page.name, "page.pdf"}
    assert page.read_text() == PAGE


@pytest.mark.browser
def test_the_command_prints_the_page_of_a_config_and_says_where(
    browser, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "dataset:\n  name: mine\n  source: synthetic\ndetectors:\n  lof: {}\n"
    )
    assert main(["pdf", "c.yaml"]) == 1
    assert "results/mine/summary.html: no such page yet; run `make results`" in (
        capsys.readouterr().err
    )
    folder = tmp_path / "results" / "mine"
    folder.mkdir(parents=True)
    (folder / "summary.html").write_text(PAGE)
    for options in ([], ["--tables"]):
        assert main(["pdf", "c.yaml", *options]) == 0
        assert capsys.readouterr().out == "results/mine/summary.pdf\n"
        first, second = text_of(folder / "summary.pdf")
        assert "watched well" in first and ("hidden until" in second) == bool(options)


def test_everything_is_unfolded_once():
    page = '<details><details class="a"><details open><p>details</p><detailsx>'
    assert pdf.unfolded(page) == (
        '<details open><details open class="a"><details open><p>details</p><detailsx>'
    )
    assert pdf.unfolded(pdf.unfolded(page)) == pdf.unfolded(page)
    assert pdf.shortened("<p><body><body>") == '<p><body class="short"><body>'


def test_without_a_browser_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "PLACES", ())
    (tmp_path / "page.html").write_text(PAGE)
    with pytest.raises(UserError, match="install Chromium, Chrome or Edge"):
        pdf.print_page(tmp_path / "page.html", tmp_path / "page.pdf")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no display' >&2; exit 3", r"\(exit code 3\): no display; open the page"),
        ("exit 0", r"can't print .*\(exit code 0\)"),
        ("exec sleep 30", "timed out"),
    ],
)
def test_a_browser_that_does_not_print_is_told_of(tmp_path, monkeypatch, script, said):
    fake = tmp_path / "bin" / "google-chrome"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(pdf, "BROWSERS", (str(fake),))
    monkeypatch.setattr(pdf, "SECONDS", 1)
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    with pytest.raises(UserError, match=said):
        pdf.print_page(page, tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"bin", "page.html"}


def test_the_browser_is_told_what_it_needs(tmp_path, monkeypatch):
    calls = []

    def run(arguments, **settings):
        calls.append(arguments)
        [target] = [each for each in arguments if each.startswith("--print-to-pdf=")]
        pathlib.Path(target.partition("=")[2]).write_bytes(b"%PDF")
        page = pathlib.Path(re.sub("^file://", "", arguments[-1])).read_text()
        assert '<body class="short">' in page and "<details open" not in page
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(pdf, "find_browser", lambda: "browser")
    monkeypatch.setattr(pdf.subprocess, "run", run)
    monkeypatch.setattr(pdf.sys, "platform", "linux")
    (tmp_path / "page.html").write_text(PAGE)
    for user in (0, 1000):
        monkeypatch.setattr(pdf.os, "geteuid", lambda user=user: user)
        pdf.print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    as_root, as_user = calls
    assert {"--headless", "--no-pdf-header-footer"} < set(as_user)
    assert set(as_root) >= {"--no-sandbox"} and "--no-sandbox" not in as_user
