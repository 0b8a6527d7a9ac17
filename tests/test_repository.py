"""Files that other tools read: the container, the hooks before a commit, the forms for issues."""

import os
import re
import subprocess

import pytest
import yaml


@pytest.fixture(scope="module")
def dockerfile(root):
    return (root / "Dockerfile").read_text()


def test_the_container_copies_what_is_there(dockerfile, root):
    copied = [line.split()[1:-1] for line in dockerfile.splitlines() if line.startswith("COPY")]
    names = [name for line in copied for name in line if not name.startswith("--")]
    assert len(names) >= 5
    assert [name for name in names if not (root / name).exists()] == []


def test_the_container_installs_pinned_packages_alone(dockerfile, root):
    installs = re.findall(r"pip install [^\n\\&]*", dockerfile)
    pinned = [line for line in installs if "--require-hashes -r requirements-app.txt" in line]
    own = [line for line in installs if "--no-build-isolation -e ." in line]
    assert len(pinned) == 1 and pinned + own == installs
    assert all("--no-deps" in line for line in installs)


def test_the_container_does_not_run_as_root_and_starts_the_command(dockerfile):
    last = [line for line in dockerfile.splitlines() if line and not line.startswith("#")][-4:]
    assert "USER 1000" in last
    assert 'ENTRYPOINT ["pygoodvibes"]' in last


def test_hooks_before_a_commit_are_those_of_make_lint(root):
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    lint = (root / "Makefile").read_text()
    tools = {hook["entry"].split(" --")[0] for hook in hooks if hook["language"] == "system"}
    assert tools == {"ruff check", "ruff format", "snakefmt", "lint-imports"}
    assert all(tool in lint for tool in tools)


def test_forms_for_issues_ask_for_something(root):
    forms = sorted((root / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    asked = [yaml.safe_load(form.read_text()) for form in forms if form.stem != "config"]
    assert len(asked) >= 2
    for form in asked:
        assert form["name"] and form["description"]
        required = [
            part["id"] for part in form["body"] if part.get("validations", {}).get("required")
        ]
        assert len(required) >= 3 and len(set(required)) == len(required)


def test_make_lets_python_keep_compiled_code_where_a_container_says_no(root):
    done = subprocess.run(
        ["make", "--no-print-directory", "--eval", "told: ; @env", "told"],
        cwd=root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PYTHONPATH=" in done.stdout
    assert "PYTHONDONTWRITEBYTECODE" not in done.stdout
