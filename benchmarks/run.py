"""Measure speed, memory and growth, and write the table.

Usage: ``python benchmarks/run.py --scale 1/8 --repeat 3``

Everything is measured in one run on one machine: the figures that matter are ratios.
"""

import argparse
import collections
import fractions
import math
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

import make_dataset
import mel_speed
import yaml

from pygoodvibes.util.csv_files import read_records

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = "resources/.cache_benchmark"
FINISHED = re.compile(r"finished: (\S+) s, (\d+) MiB, without its start (\S+) s")
Share = fractions.Fraction


class Cost(NamedTuple):
    """What a command took: seconds on the wall, and of the processors."""

    wall: float
    processor: float


def run(command: list[str]) -> Cost:
    """Run a command in the project's folder; return what it took."""
    variables = {
        "SNAKEMAKE_OUTPUT_CACHE": str(ROOT / CACHE),
        "PYTHONPATH": str(ROOT / "scripts"),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    start, before = time.perf_counter(), os.times()
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True
    )
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    wall, after = time.perf_counter() - start, os.times()
    children = ("children_user", "children_system")
    return Cost(wall, sum(getattr(after, key) - getattr(before, key) for key in children))


class DataSet:
    """A part of the development set's size, its config and its results."""

    def __init__(self, scale: Share):
        self.scale = scale
        self.name = "benchmark" if scale == 1 else f"benchmark_{str(scale).replace('/', '_')}"
        self.folder = ROOT / "data" / self.name
        self.config = ROOT / "data" / f"{self.name}.yaml"

    def make(self, jobs: int) -> None:
        """Make the clips, if they are not there, and the config."""
        if not self.folder.is_dir():
            script = str(pathlib.Path(make_dataset.__file__))
            unfinished = f"{self.folder}.part"
            shutil.rmtree(unfinished, ignore_errors=True)
            scale = ["--scale", str(self.scale), "--jobs", str(jobs)]
            run([sys.executable, script, unfinished, *scale])
            pathlib.Path(unfinished).rename(self.folder)
        self.configure()

    def configure(self, **changes) -> None:
        """Write the config; `changes` are settings of the local outlier factor."""
        config = yaml.safe_load((ROOT / "benchmarks/config.yaml").read_text())
        config["dataset"] |= {"name": self.name, "path": f"data/{self.name}"}
        config["detectors"]["lof"] |= changes
        self.config.write_text(yaml.safe_dump(config, sort_keys=False))

    def configure_default(self) -> None:
        """Write the config of the default for the development set, with these clips."""
        config = yaml.safe_load((ROOT / "config/dcase2020.yaml").read_text())
        place = {"name": self.name, "source": "folder", "path": f"data/{self.name}"}
        config["dataset"] = {**place, "machines": "all"}
        self.config.write_text(yaml.safe_dump(config, sort_keys=False))

    def forget(self) -> None:
        """Remove all that was computed."""
        for place in ("resources", "results", "logs"):
            shutil.rmtree(ROOT / place / self.name, ignore_errors=True)
        shutil.rmtree(ROOT / CACHE, ignore_errors=True)

    def drop_pages(self) -> None:
        """Let the system forget what it holds of the clips in memory (Linux)."""
        for path in self.folder.rglob("*.wav"):
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)

    def read(self) -> float:
        """Read the clips from the disk, one after the other, and do nothing with them; seconds."""
        self.drop_pages()
        paths = sorted(self.folder.rglob("*.wav"))
        start = time.perf_counter()
        for path in paths:
            path.read_bytes()
        return time.perf_counter() - start

    def workflow(self, jobs: int, *targets: str) -> Cost:
        """Run the workflow."""
        options = [f"-j{jobs}", "--configfile", str(self.config), "--quiet", "all"]
        return run([sys.executable, "-m", "snakemake", *options, "--", *targets])

    def plain(self, jobs: int) -> Cost:
        """Run the plain script."""
        script = str(ROOT / "benchmarks/plain_script.py")
        return run([sys.executable, script, str(self.folder), "--jobs", str(jobs)])

    def clips(self) -> int:
        """Return how many clips there are."""
        return len(read_records(ROOT / "resources" / self.name / "final/manifest.csv"))

    def stages(self) -> dict[str, list[tuple[float, int, float]]]:
        """Return (seconds, peak MiB, seconds without its start) of each job by its rule."""
        found = collections.defaultdict(list)
        logs = ROOT / "logs" / self.name
        for path in sorted(logs.rglob("*.log")):
            rule = path.relative_to(logs).parts[0].removesuffix(".log")
            [values] = FINISHED.findall(path.read_text().splitlines()[-1])
            found[rule].append((float(values[0]), int(values[1]), float(values[2])))
        return found


def spread(values: list[float]) -> str:
    """Write a median with the lowest and highest value."""
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def machine() -> str:
    """Describe the machine."""
    model = platform.processor() or platform.machine()
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)[1]
    except (OSError, TypeError):
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def from_the_disk(whole: DataSet, jobs: int) -> list[tuple[str, str]]:
    """Return the rows of the table on clips that no memory holds."""
    whole.forget()
    read = whole.read()
    whole.drop_pages()
    ours = whole.workflow(jobs, "tables").wall
    whole.drop_pages()
    plain = whole.plain(jobs).wall
    megabytes = sum(path.stat().st_size for path in whole.folder.rglob("*.wav")) / 1e6
    return [
        (f"clips not in memory: reading alone, s ({megabytes / read:.0f} MB/s)", f"{read:.1f}"),
        ("clips not in memory: workflow, s", f"{ours:.1f}"),
        ("clips not in memory: plain script, s", f"{plain:.1f}"),
    ]


def measure(
    scale: Share, *, repeat: int, jobs: int, figures: bool, default: bool, cold: bool
) -> str:
    """Measure everything; return the report in Markdown."""
    part, whole = DataSet(scale / 8), DataSet(scale)
    for data in (part, whole):
        data.make(jobs)
    load = os.getloadavg()[0]
    mel = mel_speed.compare(whole.folder)
    costs = collections.defaultdict(list)
    for _ in range(repeat):
        # in turn, so that a disturbance hits both
        part.forget()
        costs["part"].append(part.workflow(jobs, "tables"))
        n_part = part.clips()
        whole.configure()
        whole.forget()
        costs["whole"].append(whole.workflow(jobs, "tables"))
        stages, n_clips = whole.stages(), whole.clips()
        costs["plain"].append(whole.plain(jobs))
        costs["nothing"].append(whole.workflow(8, "tables"))
        whole.configure(n_neighbors=5)
        costs["changed"].append(whole.workflow(jobs, "tables"))
        whole.configure()
    seconds = {key: [cost.wall for cost in values] for key, values in costs.items()}
    middle = {key: statistics.median(values) for key, values in seconds.items()}
    processor = {
        key: statistics.median(cost.processor for cost in values) for key, values in costs.items()
    }
    work = sum(job[2] for rule in stages.values() for job in rule)
    exponent = math.log(middle["whole"] / middle["part"]) / math.log(n_clips / n_part)
    share = 1 - work / (jobs * seconds["whole"][-1])
    peak = max(job[1] for rule in stages.values() for job in rule)
    rows = [
        ("mel frames, one thread, ms a clip", f"{mel['ours']:.2f}"),
        ("librosa, one thread, ms a clip", f"{mel['librosa']:.2f}"),
        (
            f"ratio ({mel['repetitions']} repetitions)",
            f"{mel['ratio']:.2f} ({mel['lowest']:.2f} to {mel['highest']:.2f})",
        ),
        ("ratio by processor time", f"{mel['cpu_ratio']:.2f}"),
        ("largest difference of the frames, dB", f"{mel['difference']:.1e}"),
        (f"workflow, {n_clips} clips to the tables, s", spread(seconds["whole"])),
        (f"plain script, {n_clips} clips, s", spread(seconds["plain"])),
        ("plain script / workflow", f"{middle['plain'] / middle['whole']:.2f}"),
        (
            "processor seconds, plain script / workflow",
            f"{processor['plain']:.1f} / {processor['whole']:.1f} = "
            f"{processor['plain'] / processor['whole']:.2f}",
        ),
        (f"workflow, {n_part} clips, s", spread(seconds["part"])),
        (f"growth exponent, {n_part} to {n_clips} clips", f"{exponent:.2f}"),
        (
            "the same by processor seconds",
            f"{math.log(processor['whole'] / processor['part']) / math.log(n_clips / n_part):.2f}",
        ),
        ("share of orchestration", f"{share:.0%}"),
        ("peak memory of a job, MiB", f"{peak}"),
        ("second run, nothing to do, -j8, s", spread(seconds["nothing"])),
        ("run with a changed detector setting, s", spread(seconds["changed"])),
        ("plain script / that run", f"{middle['plain'] / middle['changed']:.1f}"),
        (
            "the same by processor seconds",
            f"{processor['plain'] / processor['changed']:.1f}",
        ),
    ]
    if figures:
        rows.append(("figures and report files, s", f"{whole.workflow(jobs, 'all').wall:.1f}"))
        again = whole.workflow(8, "all").wall
        rows.append(("then everything once more, nothing to do, -j8, s", f"{again:.1f}"))
    if default:
        whole.configure_default()
        cost = whole.workflow(jobs, "tables")
        what = "detectors and choice of dcase2020.yaml, from the vectors to the tables, s"
        rows.append((what, f"{cost.wall:.0f} (processors {cost.processor:.0f})"))
        whole.configure()
    if cold:
        rows += from_the_disk(whole, jobs)
    lines = [
        f"Measured on {machine()}; {jobs} jobs at a time, load {load:.1f} at the start, "
        f"{repeat} repetition(s): median (lowest to highest).",
        "",
        "| what | measured |",
        "| --- | ---: |",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        "| step | jobs | seconds, all jobs | of them work | peak MiB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for rule, done in stages.items():
        total, memory, working = zip(*done, strict=True)
        lines.append(
            f"| {rule} | {len(done)} | {sum(total):.1f} | {sum(working):.1f} | {max(memory)} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=Share, default=Share(1), help="e.g. 1/8 of the clips")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--figures", action="store_true", help="time the figures, too")
    parser.add_argument("--default", action="store_true", help="time dcase2020.yaml, too")
    parser.add_argument("--cold", action="store_true", help="once with clips not in memory, too")
    parser.add_argument("--output", type=pathlib.Path, help="a Markdown file to write")
    options = vars(parser.parse_args())
    output = options.pop("output")
    report = measure(options.pop("scale"), **options)
    print(report)
    if output:
        output.write_text(report)


if __name__ == "__main__":
    main()
