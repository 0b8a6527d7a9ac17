"""The documentation: its commands run, its links lead somewhere, what is generated is up to date.

Each page with commands is a session of one shell in a copy of the project in which `make results`
has run, on the clips of one synthetic pump. Comments in a page tell the test what its reader sees
for himself:

- `<!-- test: file PATH -->` above a block: it is saved under this name before the next command;
- `<!-- test: output -->` above a block: its lines are printed by the commands above it;
- `<!-- test: exits N -->` above commands: the last of them ends with this exit code;
- `<!-- test: browser -->` above commands: they need a browser, and are left out if there is none;
- `<!-- test: skip: WHY -->` above commands: they need the network, a cluster or a store, or run
  until they are stopped; the test that runs the same without is named.
"""

import dataclasses
import math
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from pygoodvibes.cli.main import build_parser, main
from pygoodvibes.config import config
from pygoodvibes.documentation.command import commands
from pygoodvibes.documentation.parts import part
from pygoodvibes.report import pdf
from pygoodvibes.util.errors import UserError

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
)
LANGUAGES = {"bash", "text", "yaml", "python", "csv", "json"}
SKIPPED = {
    "README.md": 2,
    "docs/de/tutorial.md": 1,
    "docs/fr/tutoriel.md": 1,
    "docs/how-to/ask.md": 2,
    "docs/how-to/dcase2020.md": 3,
    "docs/how-to/learned.md": 2,
    "docs/how-to/pretrained.md": 1,
    "docs/how-to/watch.md": 2,
    "docs/scale-out.md": 3,
    "docs/tutorial.md": 1,
}
"""How many blocks of commands of a page may be left out."""
TUTORIALS = [page for page in PAGES if re.fullmatch(r"docs/(\w\w/)?tutor\w+\.md", page)]
"""The tutorial in all languages."""


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@dataclasses.dataclass
class Block:
    """A block of code of a page."""

    line: int
    language: str
    text: str
    directive: str

    @property
    def kind(self) -> str:
        return self.directive.split()[0].rstrip(":") if self.directive else ""

    @property
    def value(self) -> str:
        return self.directive.partition(" ")[2].strip()


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of code of a page, those in lists without their indentation."""
    found, directive, opened = [], "", None
    for number, line in enumerate(text.splitlines(), start=1):
        comment = re.fullmatch(r"\s*<!-- test: (.*) -->", line)
        fence = re.fullmatch(r"(\s*)```(\w*)", line)
        if opened:
            indent, block = opened
            if fence and not fence[2]:
                found.append(block)
                opened = None
            else:
                block.text += f"{line.removeprefix(indent)}\n"
        elif comment:
            directive = comment[1]
        elif fence:
            opened = fence[1], Block(number, fence[2], "", directive)
            directive = ""
        elif line.strip():
            assert not directive, f"line {number}: no block below <!-- test: {directive} -->"
    assert not opened
    return found


def page_blocks(page: str) -> list[Block]:
    return blocks_of((ROOT / page).read_text(encoding="utf-8"))


def session(blocks: list[Block]) -> str:
    """Return the shell script of a page: every block in turn, its output between marks."""
    lines = ["set -e -o pipefail"]
    for number, block in enumerate(blocks):
        if block.kind == "file":
            path = shlex.quote(block.value)
            lines += [f"mkdir -p $(dirname {path})", f"cat > {path} <<'END_OF_FILE'"]
            lines += [block.text.rstrip("\n"), "END_OF_FILE"]
        if block.language != "bash" or block.kind == "skip":
            continue
        if block.kind == "browser" and not browser():
            continue
        # eight jobs at a time are too many where two tests run at a time
        block = dataclasses.replace(
            block, text=block.text.replace("snakemake -j8", "snakemake -j2")
        )
        lines.append(f"printf '\\n@@ {number} line {block.line}\\n'")
        if block.kind == "exits":
            lines += ["set +e", block.text, "code=$?", "set -e"]
            lines.append(
                f'[ "$code" = {int(block.value)} ] || {{ echo "exit code $code"; exit 99; }}'
            )
        else:
            lines.append(block.text)
    return "\n".join(lines) + "\n"


def browser() -> bool:
    """Say whether there is a browser to print with; where there must be one, that is an error."""
    if os.environ.get("PYGOODVIBES_REQUIRE_BROWSER"):
        return bool(pdf.find_browser())
    try:
        return bool(pdf.find_browser())
    except UserError:
        return False


def outputs(text: str) -> dict[int, str]:
    """Return what each block of a session printed, by its number."""
    parts = re.split(r"^@@ (\d+) line \d+\n", text, flags=re.MULTILINE)
    return {int(number): part for number, part in zip(parts[1::2], parts[2::2], strict=True)}


NUMBER = re.compile(r"(-?\d+[.,]\d+)")


def same(line: str, other: str) -> bool:
    """Say whether two lines are the same but for space and the last digits of numbers.

    Another processor sums in another order; a score's fourth digit may differ.
    """
    parts, others = (NUMBER.split(" ".join(text.split())) for text in (line, other))
    return parts[::2] == others[::2] and all(
        math.isclose(
            *(float(number.replace(",", ".")) for number in pair), rel_tol=2e-3, abs_tol=1e-4
        )
        for pair in zip(parts[1::2], others[1::2], strict=True)
    )


# the text of the pages


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_of_a_known_kind_and_commands_are_left_out_for_a_reason(page):
    left_out = 0
    for block in page_blocks(page):
        assert block.language in LANGUAGES, f"line {block.line}: name the language of the block"
        assert block.kind in ("", "file", "output", "exits", "browser", "skip"), block.directive
        if block.kind == "skip":
            left_out += 1
            assert re.search(
                r"fetches|until it is stopped|needs a (cluster|store)", block.directive
            ), block.directive
            tested = re.search(r"tests/[\w/]+\.py", block.directive)
            assert tested and (ROOT / tested[0]).is_file(), block.directive
        if block.language == "yaml":
            assert isinstance(yaml.safe_load(block.text), dict)
        if block.language == "python":
            compile(block.text, f"{page}:{block.line}", "exec")
    assert left_out == SKIPPED.get(page, 0)


def anchors(path: pathlib.Path) -> set[str]:
    """Return the anchors of the headings of a page, as forges make them."""
    text = re.sub(r"^\s*```.*?^\s*```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = set()
    for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(words.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize(
    "page", [*PAGES, "CONTRIBUTING.md", "config/README.md", "config/studies/README.md"]
)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"^\s*```.*?^\s*```$", "", (ROOT / page).read_text("utf-8"), flags=re.M | re.S)
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            wrong.append(target)
    assert not wrong


def test_every_page_and_picture_is_linked():
    texts = {page: (ROOT / page).read_text("utf-8") for page in PAGES}
    linked = set()
    for page, text in texts.items():
        for target in re.findall(r"\]\(([^)\s#]+)", text):
            linked.add(os.path.normpath((ROOT / page).parent / target))
    for path in ROOT.glob("docs/**/*.*"):
        if path.name != "README.md":
            assert str(path) in linked, f"nobody links to {path.relative_to(ROOT)}"
    assert str(ROOT / "docs/README.md") in linked


def test_the_index_links_every_page():
    text = (ROOT / "docs/README.md").read_text("utf-8")
    for page in PAGES:
        if page.startswith("docs/") and page != "docs/README.md":
            assert f"]({page.removeprefix('docs/')})" in text, page


def test_pictures_are_small_and_have_a_text_for_those_who_do_not_see_them():
    for path in ROOT.glob("docs/pictures/*.png"):
        assert path.stat().st_size < 150_000, path.name
    for page in PAGES:
        for text in re.findall(r"!\[(.*?)\]\(", (ROOT / page).read_text("utf-8")):
            assert len(text) > 20, page


def test_no_page_names_a_place_of_one_machine():
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        assert not re.search(r"/(home|root|work|tmp|Users)/", text), page


def prose(page: str) -> str:
    """Return the text of a page without code, addresses of links and comments."""
    text = re.sub(r"^\s*```.*?^\s*```$", "", read(page), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", text)


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/fr/")])
def test_french_pages_have_french_typography(page):
    text = prose(page)
    assert not re.findall(r".*[^\u00a0\u202f\w)][;:!?»%].*|.*\w[;:!?»%](?!\w).*", text)
    assert not re.findall(r".*«[^\u00a0\u202f].*", text)
    assert not re.findall(r".*\d\.\d.*", text), "decimals have a comma"


@pytest.mark.parametrize("page", TUTORIALS)
def test_tutorials_say_of_the_pump_what_their_table_has(page):
    _, row = re.search(r"^(machine,id,.*)\n(pump,00,.*)$", read(page), re.MULTILINE).groups()
    found, low, _, sensitivity, specificity = (float(cell) for cell in row.split(",")[3:])
    words = re.findall(r"\d+", prose(page)[prose(page).rindex("25") :].replace("100", ""))
    said = [round(100 * value) for value in (found, low, sensitivity, specificity)]
    assert [int(word) for word in words if int(word) > 25][:4] == said


def steps(page: str) -> list[str]:
    """Return the commands of a page that are the same in all languages: name and verb."""
    text = "\n".join(block.text for block in page_blocks(page) if block.language == "bash")
    return re.findall(r"^(?:pygoodvibes|make) [\w-]+|results/synthetic/\S+", text, re.MULTILINE)


@pytest.mark.parametrize("page", TUTORIALS)
def test_tutorials_take_the_same_steps_and_answer_in_their_language(page):
    own = [step for step in steps(page) if step != "pygoodvibes set"]  # the language of the report
    assert own == steps("docs/tutorial.md")
    language = re.search(r"/(\w\w)/", page)
    asked = re.findall(r"^pygoodvibes (?:fit|score) .*$", read(page), re.MULTILINE)
    for command in asked if language else ():
        assert command.endswith(f" --lang {language[1]}"), command
    others = [os.path.relpath(other, pathlib.Path(page).parent) for other in TUTORIALS]
    for other in others:
        assert f"]({other})" in read(page) or other == pathlib.Path(page).name


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/de/")])
def test_german_pages_have_german_typography(page):
    text = prose(page)
    assert not re.findall(r".*[«»\"'].*", text), "quotation marks are „ and “"
    assert text.count("„") == text.count("“") > 0
    assert not re.findall(r".*\d\.\d.*", text), "decimals have a comma"
    assert not re.findall(r".*\d%.*", text), "a space before %"
    assert not re.findall(r".*\w\s[;:!?].*", text)


def test_every_command_and_every_section_of_the_config_is_mentioned():
    guides = "\n".join(
        (ROOT / page).read_text("utf-8") for page in PAGES if "/reference/" not in page
    )
    reference = read("docs/reference/cli.md")
    for name, _, _ in commands(build_parser()):
        assert f"\n## {name}\n" in reference
        in_make = re.search(rf"pygoodvibes {re.escape(name)}\b", (ROOT / "Makefile").read_text())
        assert in_make or f"pygoodvibes {name}" in guides, f"no guide uses pygoodvibes {name}"
    for section in config.Config.model_fields:
        assert re.search(rf"`{section}[`.]|^{section}:", guides, flags=re.M), section
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    everything = guides + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for target in set(targets) - {"help", "clean"}:
        assert f"make {target}" in everything, f"nobody mentions make {target}"


GENERATED = ("CONTRIBUTING.md", "config/README.md", *PAGES)


# what is generated


@pytest.mark.parametrize("page", [page for page in GENERATED if "[[[cog" in read(page)])
def test_the_generated_parts_of_a_page_are_up_to_date(page):
    text = read(page)
    parts = re.findall(r'<!-- \[\[\[cog cog\.out\(part\("(\w+)"\)\) \]\]\] -->\n', text)
    assert parts and len(parts) == text.count("[[[cog") == text.count("<!-- [[[end]]] -->")
    assert page in (ROOT / "Makefile").read_text("utf-8"), "make docs leaves it out"
    for name in parts:
        body = text.partition(f'part("{name}")) ]]] -->\n')[2].partition("<!-- [[[end]]] -->")[0]
        assert body == part(name), f"{name}: run make docs"


def test_the_map_names_files_that_are_there():
    text = (
        read("CONTRIBUTING.md")
        .partition("| --- | --- |\n| another detector")[2]
        .partition("\n\n")[0]
    )
    places = re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", text)
    assert len(places) > 15
    for place in places:
        assert (ROOT / "scripts/pygoodvibes" / place).exists(), place


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy of the project, under git, in which `make results` has run on one machine ID."""
    return made_project(tmp_path_factory.mktemp("docs"), {})


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The same with few, short clips, for pages that run much and print no scores."""
    few = {"train_clips": 24, "test_normal_clips": 6, "test_anomaly_clips": 6, "seconds": 2.0}
    return made_project(tmp_path_factory.mktemp("small_docs"), few)


SMALL = {"docs/how-to/experiments.md"}


def made_project(place: pathlib.Path, dataset: dict) -> pathlib.Path:
    folder = place / "project"
    folder.mkdir()
    for name in project_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    settings = yaml.safe_load((folder / "config/config.yaml").read_text())
    settings["dataset"] |= {"machines": {"pump": ["00"]}, **dataset}
    kept = ("fusion", "lof", "knn")
    settings["detectors"] = {name: settings["detectors"][name] for name in kept}
    settings["figures"] = {"contour_gammas": [1.0], "contour_nus": [0.2]}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    stages = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(stages.replace("--cores all", "-j2"))
    link_environment(folder / ".venv")
    subprocess.run(["git", "init", "-q", "--bare", place / "origin.git"], check=True)
    setup = """
    set -e
    git init -q -b main .
    git add -A
    git commit -q -m "The project"
    git remote add origin ../origin.git
    git push -q -u origin main
    make results
    """
    done = run_shell(setup, folder)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def project_files() -> list[str]:
    """Return the files that a clone would have, and new ones; without git, all sources."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines()
    if done.returncode:
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
    made = (".git/", ".venv/", ".snakemake/", "data/", "logs/", "resources/", "results/")
    return [name for name in names if (ROOT / name).is_file() and not name.startswith(made)]


def link_environment(target: pathlib.Path) -> None:
    """Make an environment that is the one in use, and needs no installation."""
    target.mkdir()
    for entry in pathlib.Path(sys.prefix).iterdir():
        if not entry.name.startswith("installed"):
            (target / entry.name).symlink_to(entry)
    for name in ("", "-test", "-app", "-cluster"):
        (target / f"installed{name}").touch()


def run_shell(script: str, folder: pathlib.Path) -> subprocess.CompletedProcess:
    """Run a shell script as the reader of a page would, with the environment activated."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    # not of whoever runs the tests: what his tests require, his token, the make that he called
    unwanted = ("PYGOODVIBES_", "PYTEST_", "DVC_", "SNAKEMAKE_", "MAKE", "MFLAGS", "KAGGLE_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    environment |= {
        "HOME": str(home),
        "PATH": f"{folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "scripts"),
        # what one page has computed, another one needs not compute again
        "SNAKEMAKE_OUTPUT_CACHE": str(folder.parent / "cache"),
        # `make test` only collects: these tests would otherwise run within themselves
        "PYTEST_ADDOPTS": "--collect-only -q",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "DVC_NO_ANALYTICS": "1",
        "JOBS": "2",
    }
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


# the commands


@pytest.mark.workflow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(block.language == "bash" for block in page_blocks(page))],
)
def test_the_commands_of_a_page_run_and_print_what_it_says(request, tmp_path, page):
    finished = request.getfixturevalue("small" if page in SMALL else "finished")
    folder = tmp_path / "project"
    shutil.copytree(finished, folder, symlinks=True)
    for name in ("home", "cache", "origin.git"):
        (tmp_path / name).symlink_to(finished.parent / name)
    blocks = page_blocks(page)
    done = run_shell(session(blocks), folder)
    printed = outputs(done.stdout)
    place = f"{page}, line {blocks[max(printed)].line}" if printed else page
    assert done.returncode == 0, f"{place}:\n{done.stdout[-5000:]}"
    last = None
    for number, block in enumerate(blocks):
        if block.language == "bash" and block.kind != "skip":
            last = number
        if block.kind == "output":
            shown = printed[last].splitlines()
            for line in filter(None, map(str.strip, block.text.splitlines())):
                assert line == "..." or any(same(line, other) for other in shown), (
                    f"{page}, line {block.line}: {line!r} is not among\n{printed[last]}"
                )


def test_a_failing_command_or_a_wrong_exit_code_is_noticed(tmp_path):
    text = "```bash\necho one\nfalse\necho two\n```\n"
    done = run_shell(session(blocks_of(text)), tmp_path)
    assert done.returncode == 1 and outputs(done.stdout) == {0: "one\n"}
    text = "<!-- test: exits 3 -->\n```bash\nsh -c 'exit 3'\n```\n"
    assert run_shell(session(blocks_of(text)), tmp_path).returncode == 0
    text = text.replace("'exit 3'", "'exit 4'")
    assert run_shell(session(blocks_of(text)), tmp_path).returncode == 99


def test_an_output_may_differ_in_last_digits_only():
    assert same("a.wav   0.8854 normal", "a.wav  0.8855  normal")
    assert not same("a.wav 0.8854 normal", "a.wav 0.8954 normal")
    assert not same("a.wav 0.8854 normal", "a.wav 0.8854 anomalous")
    assert not same("3 of 25 above", "4 of 25 above")
    assert not same("1.5 2.5", "1.5")


def test_commands_that_change_the_config_change_the_keys_they_name(tmp_path):
    texts = [
        block.text for page in PAGES for block in page_blocks(page) if block.language == "bash"
    ]
    lines = [line for text in texts for line in text.splitlines()]
    assert not [line for line in lines if "sed -i" in line]
    settings = [line for line in lines if line.startswith("pygoodvibes set config/")]
    commands = [shlex.split(line, comments=True) for line in settings]
    assert len(commands) >= 3
    for command in commands:
        path = tmp_path / "config.yaml"
        shutil.copy(ROOT / "config" / "config.yaml", path)
        before = path.read_text("utf-8")
        assert main(["set", str(path), *command[3:]]) == 0
        after = path.read_text("utf-8")
        changes = [change.partition("=")[::2] for change in command[3:]]
        asked = {key: yaml.safe_load(value) for key, value in changes}
        assert {key: _value_of(key, after) for key in asked} == asked
        # no comment, no order, no other key; a command that leads back changes nothing here
        changing = [key for key, value in asked.items() if _value_of(key, before) != value]
        lines_before, lines_after = before.splitlines(), after.splitlines()
        assert len(lines_after) == len(lines_before)
        assert sum(map(str.__ne__, lines_before, lines_after)) == len(changing)


def _value_of(key, text):
    found = yaml.safe_load(text)
    for name in key.split("."):
        found = found[name]
    return found
