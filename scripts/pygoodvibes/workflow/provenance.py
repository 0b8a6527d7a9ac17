"""What a folder of results was made from: config, data, code, packages, machine, time."""

import collections
import contextlib
import hashlib
import html as escaping
import json
import os
import pathlib
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping

import yaml

from pygoodvibes.util.versions import versions_of

PACKAGES = (
    "dvc",
    "jax",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "pandas",
    "scikit-learn",
    "scipy",
    "snakemake",
    "soundfile",
)
"""Packages whose versions are written down."""

CODE = ("Snakefile", "rules", "scripts", "profiles", "config")
"""What counts as code when the question is whether it was changed since its last commit."""

_FINISHED = re.compile(r"finished: ([0-9.]+) s, ([0-9]+) MiB")


def describe(config: Mapping, manifest: Iterable[Mapping], logs: pathlib.Path) -> dict:
    """Describe where results come from.

    Parameters
    ----------
    config : mapping
        The whole config.
    manifest : iterable of mapping
        The manifest rows of the data set.
    logs : pathlib.Path
        Folder of the jobs' logs.

    Returns
    -------
    dict
        config; data: clips, usable, sha256 (over the hashes of all usable clips); code: revision,
        dirty (None without git); packages: versions; machine; steps: by rule the jobs, the seconds
        of all together, and the peak memory of one, MiB.
    """
    return {
        "data": data_of(manifest),
        "code": revision(),
        "packages": versions(),
        "machine": {
            "system": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "steps": steps(logs),
        "config": dict(config),
    }


def processor(info: pathlib.Path = pathlib.Path("/proc/cpuinfo")) -> str:
    """Return the name of the processor, as Linux knows it; elsewhere its kind."""
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*: *(.+)$", info.read_text("utf-8"), flags=re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of the packages that results depend on, as far as they are there."""
    return versions_of(PACKAGES)


def data_of(manifest: Iterable[Mapping]) -> dict:
    """Count the clips and hash the hashes of the usable ones, whatever their order."""
    rows = list(manifest)
    usable = [row for row in rows if row["status"] == "ok"]
    digest = hashlib.sha256()
    for line in sorted(f"{row['path']} {row['offset']} {row['xxh3_128']}" for row in usable):
        digest.update(f"{line}\n".encode())
    return {"clips": len(rows), "usable": len(usable), "sha256": digest.hexdigest()}


def revision() -> dict:
    """Return the git revision of the code in the working folder, and whether it was changed."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    try:
        return {
            "revision": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--", *CODE)),
        }
    except (OSError, subprocess.CalledProcessError):
        return {"revision": None, "dirty": None}


def steps(logs: pathlib.Path) -> dict[str, dict]:
    """Add up what the logs of the jobs say of their time and memory, by rule."""
    jobs_of = collections.defaultdict(list)
    for path in sorted(logs.rglob("*.log")):
        match = _FINISHED.search(path.read_text(encoding="utf-8", errors="replace"))
        if match:
            rule = path.relative_to(logs).parts[0].removesuffix(".log")
            jobs_of[rule].append((float(match[1]), int(match[2])))
    return {
        rule: {
            "jobs": len(jobs),
            "seconds": round(sum(seconds for seconds, _ in jobs), 1),
            "peak_mib": max(memory for _, memory in jobs),
        }
        for rule, jobs in jobs_of.items()
    }


def html(record: Mapping) -> str:
    """Return a description as a small HTML page."""
    rows = "".join(
        f"<tr><td>{rule}</td><td>{step['jobs']}</td><td>{step['seconds']}</td>"
        f"<td>{step['peak_mib']}</td></tr>"
        for rule, step in record["steps"].items()
    )
    parts = []
    for name in ("data", "code", "machine", "packages"):
        text = json.dumps(record[name], indent=2)
        parts.append(f"<h2>{name.capitalize()}</h2><pre>{escaping.escape(text)}</pre>")
    settings = yaml.safe_dump(record["config"], sort_keys=False, allow_unicode=True)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Provenance</title>'
        "<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem }"
        " td, th { padding: .2rem .8rem; text-align: right }"
        " td:first-child, th:first-child { text-align: left }</style></head><body>"
        "<h1>Provenance</h1><h2>Steps</h2><table><tr><th>Rule</th><th>Jobs</th><th>Seconds</th>"
        f"<th>Peak memory, MiB</th></tr>{rows}</table>{''.join(parts)}"
        f"<h2>Config</h2><pre>{escaping.escape(settings)}</pre></body></html>\n"
    )
