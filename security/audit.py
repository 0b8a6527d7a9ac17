"""Ask for known vulnerabilities of the pinned packages, and list what the project is made of.

Comes in: the requirements files that stand in the project's root. Goes out: a sentence for each
vulnerability, one for what nobody could be asked about, and `build/sbom.json` (CycloneDX). The exit
code is 0 if all packages were asked about and none has a known vulnerability, 1 if one has, 3 if
some could not be asked about.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ("requirements-test.txt", "requirements-audit.txt")
"""The first holds all that the others hold, with the same versions; the second what runs here."""

SBOM = "build/sbom.json"
FINE, VULNERABLE, NOT_ASKED = 0, 1, 3


def list_parts() -> None:
    """Write the list of packages that `make results` installs, with their hashes."""
    (ROOT / SBOM).parent.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
    command += ["--pyproject", "pyproject.toml", "--output-reproducible", "-o", SBOM]
    subprocess.run([*command, "requirements.txt"], cwd=ROOT, check=True)


def ask(requirements: str) -> subprocess.CompletedProcess:
    """Have pip-audit read a requirements file, which must pin all with hashes, and ask PyPI."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--require-hashes", "--disable-pip", "--requirement", requirements]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def judge(requirements: str, answer: subprocess.CompletedProcess) -> tuple[int, list[str]]:
    """Return an exit code and sentences for what pip-audit answered about a requirements file."""
    try:
        packages = json.loads(answer.stdout)["dependencies"]
    except ValueError:
        reason = (answer.stderr.strip().splitlines() or ["no answer"])[-1][:300]
        return NOT_ASKED, [f"{requirements}: nothing could be asked ({reason})"]
    code, sentences = FINE, []
    # pip-audit takes a server that knows none of the packages for an answer
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if unknown:
        names = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
        code = NOT_ASKED
        sentences.append(
            f"{requirements}: the package index here has no advisories for {len(unknown)} of "
            f"{len(packages)} packages ({names}); run this where the public index answers"
        )
    for package in packages:
        for found in package.get("vulns", []):
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            code = VULNERABLE
            sentences.append(
                f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}"
            )
    if code == FINE:
        sentences.append(
            f"{requirements}: {len(packages)} packages, none with a known vulnerability"
        )
    return code, sentences


def main() -> int:
    """Write the list of parts, and ask about all; return the exit code."""
    list_parts()
    print(f"{SBOM}: the packages of requirements.txt, with their hashes")
    codes = []
    for requirements in REQUIREMENTS:
        code, sentences = judge(requirements, ask(requirements))
        codes.append(code)
        print("\n".join(sentences))
    return VULNERABLE if VULNERABLE in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
