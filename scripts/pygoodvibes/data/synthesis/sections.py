"""A synthetic data set as since DCASE 2022: sections with a source and a target domain.

Comes in: machine type, sections, numbers of clips, and how far the target domain lies from the
source domain. Goes out: WAV files in the layout and with the names of the development sets, their
table of attributes, the truth about faults, and supplemental recordings if asked for. A section is
one unit of the machine type, and has its number.

``train/section_00_target_train_normal_0003_spd_108_load_112_mic_2_noise_B.wav``
"""

import csv
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.data.synthesis.files import prepare_folder, write_clip, write_truth
from pygoodvibes.data.synthesis.generate import (
    check_count,
    clip_seconds,
    deal_faults,
    random_stream,
    synthesize_clip,
    unit_of,
)
from pygoodvibes.data.synthesis.supplemental import plan_supplemental, supplemental_clip
from pygoodvibes.data.synthesis.working_point import DOMAINS, STRENGTHS, WorkingPoint, points_of
from pygoodvibes.util.errors import UserError


def plan_section(
    machine: str,
    section: str,
    *,
    train_clips: int,
    target_train_clips: int,
    test_normal_clips: int,
    test_anomaly_clips: int,
    shift: str,
    seed: int,
) -> list[dict]:
    """Return what each clip of one section is to be.

    A clip of the same number draws the same random numbers at every strength, so that data sets of
    several strengths differ by the shift alone.

    Parameters
    ----------
    machine : str
        Machine type of the generator.
    section : str
        Number of one of its units, e.g. '00'.
    train_clips, target_train_clips : int >= 0
        Normal training clips of the source and of the target domain.
    test_normal_clips, test_anomaly_clips : int >= 0
        Test clips of each domain.
    shift : {'none', 'mild', 'strong'}
        How far the target domain lies from the source domain.
    seed : int >= 0
        Seed of the data set.

    Returns
    -------
    list of dict
        One a clip: `clip` (file name), `stream` (the name that its random numbers come from),
        `split`, `label`, `domain`, `fault`, `severity`, `pattern`, and `point`, its `WorkingPoint`.

    Raises
    ------
    UserError
        Unknown machine, section or strength, or a negative number.
    """
    unit_of(machine, section)
    counts = {
        "train_clips": train_clips,
        "target_train_clips": target_train_clips,
        "test_normal_clips": test_normal_clips,
        "test_anomaly_clips": test_anomaly_clips,
        "seed": seed,
    }
    for name, value in counts.items():
        check_count(name, value)
    if shift not in STRENGTHS:
        raise UserError(
            "the shift is {shift!r}; use {strengths}",
            shift=shift,
            strengths=", ".join(STRENGTHS),
        )
    points = points_of(random_stream(seed, machine, section, "domains"), shift)

    rows = []
    for domain, trained in zip(DOMAINS, (train_clips, target_train_clips), strict=True):
        deal = deal_faults(machine, test_anomaly_clips)
        order = random_stream(seed, machine, section, f"plan/{domain}").permutation(len(deal))
        healthy = ("", 0.0, "")
        for split, label, conditions in (
            ("train", "normal", [healthy] * trained),
            ("test", "normal", [healthy] * test_normal_clips),
            ("test", "anomaly", [deal[which] for which in order]),
        ):
            for number, condition in enumerate(conditions):
                stream = f"section_{section}_{domain}_{split}_{label}_{number:04d}"
                draw = random_stream(seed, machine, section, f"working point/{stream}")
                point: WorkingPoint = points[domain][draw.integers(len(points[domain]))]
                words = [word for pair in point.attributes.items() for word in pair]
                rows.append(
                    {
                        "clip": f"{stream}_{'_'.join(words)}.wav",
                        "stream": stream,
                        "split": split,
                        "label": label,
                        "domain": domain,
                        **dict(zip(("fault", "severity", "pattern"), condition, strict=True)),
                        "point": point,
                    }
                )
    return rows


def write_sections(
    machine: str,
    sections: Sequence[str],
    folder: str | pathlib.Path,
    *,
    train_clips: int,
    target_train_clips: int,
    test_normal_clips: int,
    test_anomaly_clips: int,
    shift: str,
    seconds: float,
    sample_rate: int,
    snr_db: float,
    seed: int,
    channels: int = 1,
    supplemental: str | None = None,
    supplemental_clips: int = 0,
    progress: Callable | None = None,
) -> list[dict]:
    """Write all clips of one machine type, their attributes, and the truth about their faults.

    Parameters
    ----------
    machine : str
        Machine type of the generator.
    sections : sequence of str
        Numbers of its units.
    folder : path
        Gets ``train/*.wav``, ``test/*.wav`` (PCM 16 bit), ``attributes_<section>.csv`` as the
        organisers write it, and ``faults.csv`` as `pygoodvibes.data.synthesis.generate` does.
    train_clips, target_train_clips, test_normal_clips, test_anomaly_clips, shift, seed
        As in `plan_section`.
    seconds : float >= 1
        Length of a clip; those of ToyCar are one second longer.
    sample_rate, snr_db, channels
        As in `pygoodvibes.data.synthesis.generate.synthesize_clip`.
    supplemental : {'clean', 'noise'}, optional
        Kind of the supplemental recordings, which go to ``supplemental/*.wav``; neither of the
        tables has them (default: there are none).
    supplemental_clips : int >= 0
        Their number in each section.
    progress : callable, optional
        Wraps the iteration over the clips, e.g. `pygoodvibes.workflow.job.progress`.

    Returns
    -------
    list of dict
        The rows of ``faults.csv``.

    Raises
    ------
    UserError
        Bad settings, or clips in the folder that are not of this plan.
    """
    folder = pathlib.Path(folder)
    plans = {
        section: plan_section(
            machine,
            section,
            train_clips=train_clips,
            target_train_clips=target_train_clips,
            test_normal_clips=test_normal_clips,
            test_anomaly_clips=test_anomaly_clips,
            shift=shift,
            seed=seed,
        )
        for section in sections
    }
    extra = [
        (section, row)
        for section in sections
        for row in plan_supplemental(
            machine, section, kind=supplemental, clips=supplemental_clips, seed=seed
        )
    ]
    planned = [(section, row) for section, plan in plans.items() for row in plan]
    hidden = ("stream", "domain", "point")
    truth = [
        {"machine": machine, "id": section}
        | {key: value for key, value in row.items() if key not in hidden}
        for section, row in planned
    ]
    turns = planned + extra
    prepare_folder(folder, [row for _, row in turns])
    for section, row in progress(turns, total=len(turns)) if progress else turns:
        samples_of = supplemental_clip if "kind" in row else section_clip
        samples = samples_of(
            machine,
            section,
            row,
            seconds=clip_seconds(machine, seconds),
            sample_rate=sample_rate,
            snr_db=snr_db,
            seed=seed,
            channels=channels,
        )
        write_clip(folder / row["split"] / row["clip"], samples, sample_rate)
    for section, plan in plans.items():
        _write_attributes(folder / f"attributes_{section}.csv", machine, plan)
    write_truth(folder, truth)
    return truth


def section_clip(machine: str, section: str, row: Mapping, **settings: float) -> np.ndarray:
    """Return the samples of a row of `plan_section`, shape (n,).

    `settings` are seconds, sample_rate, snr_db, seed and channels of
    `pygoodvibes.data.synthesis.generate.synthesize_clip`.
    """
    fields = ("split", "label", "fault", "severity", "pattern", "point")
    return synthesize_clip(
        machine,
        section,
        clip=row["stream"],
        **{name: row[name] for name in fields},
        **settings,
    )


def _write_attributes(path: pathlib.Path, machine: str, plan: Sequence[dict]) -> None:
    names = list(WorkingPoint().attributes)
    header = [f"d{number}{kind}" for number in range(1, len(names) + 1) for kind in "pv"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file_name", *header])
        for row in plan:
            pairs = [word for pair in row["point"].attributes.items() for word in pair]
            writer.writerow([f"{machine}/{row['split']}/{row['clip']}", *pairs])
