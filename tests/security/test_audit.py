import importlib.util
import json
import re
import subprocess

import pytest


@pytest.fixture(scope="module")
def audit(root):
    """The script behind `make audit`."""
    path = root / "security/audit.py"
    spec = importlib.util.spec_from_file_location("audit", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(packages=None, *, says="", code=0):
    text = says if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    return subprocess.CompletedProcess([], code, stdout=text, stderr="Traceback\nno such host\n")


FINE = {"name": "numpy", "version": "2.4.0", "vulns": []}
BAD = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "tqdm", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        (answer([FINE]), 0, "r.txt: 1 packages, none with a known vulnerability"),
        (answer([FINE, BAD], code=1), 1, "old 1.0: PYSEC-1, fixed in 1.1"),
        (answer([BAD, UNKNOWN], code=1), 1, "old 1.0: PYSEC-1, fixed in 1.1"),
        (
            answer([FINE, UNKNOWN]),
            3,
            "r.txt: the package index here has no advisories for 1 of 2 packages (tqdm); run this "
            "where the public index answers",
        ),
        (answer(code=1), 3, "r.txt: nothing could be asked (no such host)"),
    ],
)
def test_what_the_audit_says(audit, told, code, said):
    found, sentences = audit.judge("r.txt", told)
    assert found == code and said in sentences


def pinned(path):
    return dict(re.findall(r"^([\w.\-\[\]]+)==(\S+)", path.read_text(), re.MULTILINE))


def test_the_files_that_are_audited_hold_all_that_is_installed(audit, root):
    audited = pinned(root / audit.REQUIREMENTS[0])
    for path in root.glob("requirements*.txt"):
        if path.name not in audit.REQUIREMENTS:
            assert pinned(path) and pinned(path).items() <= audited.items(), path.name


def test_all_is_pinned_with_hashes(root):
    for path in root.glob("requirements*.txt"):
        lines = path.read_text().replace("\\\n", " ").splitlines()
        for line in lines:
            assert not line.strip() or line.lstrip().startswith("#") or "--hash=sha256:" in line
