"""A synthetic data set of six machine types, in the layout and format of DCASE 2020 task 2.

Six machines (fan, pump, slider, valve, ToyCar, ToyConveyor) are built from what makes them sound:
rotation and mesh orders, pulses, strokes and clicks, flow noise, structural modes. Units (machine
IDs) differ as two units of one model do, clips differ by load, speed, distance and by the factory
around them. An anomalous clip has one fault with a severity in (0, 1], acting all the time (steady)
or in bursts.

Every clip has a random stream of its own, derived from the seed and its name, so that a clip comes
out the same alone, in any order and on any number of processes. Healthy and faulty clips are scaled
to the same mean level and so are not told apart by loudness.

The layout follows Koizumi et al., "Description and discussion on DCASE2020 challenge task 2",
DCASE Workshop 2020: ``train/normal_id_00_00000000.wav``, ``test/anomaly_id_00_00000000.wav``.
"""

import dataclasses
import pathlib
import types
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.data.synthesis import fan, pump, signals, slider, toycar, toyconveyor, valve
from pygoodvibes.data.synthesis.far_microphone import far_channel
from pygoodvibes.data.synthesis.files import prepare_folder, write_clip, write_truth
from pygoodvibes.data.synthesis.working_point import WorkingPoint
from pygoodvibes.util.errors import UserError

MODULES: dict[str, types.ModuleType] = {
    "fan": fan,
    "pump": pump,
    "slider": slider,
    "valve": valve,
    "ToyCar": toycar,
    "ToyConveyor": toyconveyor,
}

MACHINES: tuple[str, ...] = tuple(MODULES)
FAULTS: dict[str, tuple[str, ...]] = {name: tuple(m.FAULTS) for name, m in MODULES.items()}
DEFAULT_IDS: dict[str, tuple[str, ...]] = {name: tuple(m.UNITS) for name, m in MODULES.items()}
SEVERITIES: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)

# Root mean square of a clip at nominal gain, relative to full scale: low enough that a click 33 dB
# above the mean still fits.
LEVEL = 0.02

# Gains of machine and factory, by what is to be heard.
_HEARD = {"all": (1.0, 1.0), "machine": (1.0, 0.0), "background": (0.0, 1.0)}


@dataclasses.dataclass(frozen=True)
class ClipParts:
    """What one clip is made of.

    Parameters
    ----------
    machine : np.ndarray [shape=(n,)]
        The machine alone, as it is in the clip.
    background : np.ndarray [shape=(n,)]
        The factory alone; the clip is the sum of both.
    window : np.ndarray [shape=(n,)]
        Where the fault acts, 0 to 1; all 0 in a normal clip.
    """

    machine: np.ndarray
    background: np.ndarray
    window: np.ndarray


def clip_seconds(machine: str, seconds: float) -> float:
    """Return the length of this machine type's clips: ToyCar's are one second longer."""
    return seconds + 1 if machine == "ToyCar" else seconds


def plan_clips(
    machine: str,
    machine_id: str,
    *,
    train_clips: int,
    test_normal_clips: int,
    test_anomaly_clips: int,
    seed: int,
) -> list[dict]:
    """Return what each clip of one machine ID is to be.

    Faults, severities and patterns are dealt out evenly over the anomalous clips and then
    shuffled, so that every severity of every fault occurs as soon as there are clips enough.

    Parameters
    ----------
    machine : str
        Machine type, one of `MACHINES`.
    machine_id : str
        Machine ID, one of ``DEFAULT_IDS[machine]``.
    train_clips, test_normal_clips, test_anomaly_clips : int >= 0
        Number of clips.
    seed : int >= 0
        Seed of the data set.

    Returns
    -------
    list of dict
        One a clip: `clip` (file name), `split` ('train' or 'test'), `label` ('normal' or
        'anomaly'), `fault` ('' for normal), `severity` (0 for normal, else in (0, 1]), `pattern`
        ('' for normal, 'steady' or 'burst').

    Raises
    ------
    UserError
        Unknown machine or ID, negative number of clips or seed.
    """
    unit_of(machine, machine_id)
    counts = {
        "train_clips": train_clips,
        "test_normal_clips": test_normal_clips,
        "test_anomaly_clips": test_anomaly_clips,
        "seed": seed,
    }
    for name, value in counts.items():
        check_count(name, value)

    def row(split, label, number, fault="", severity=0.0, pattern=""):
        return {
            "clip": f"{label}_id_{machine_id}_{number:08d}.wav",
            "split": split,
            "label": label,
            "fault": fault,
            "severity": severity,
            "pattern": pattern,
        }

    rows = [row("train", "normal", number) for number in range(train_clips)]
    rows += [row("test", "normal", number) for number in range(test_normal_clips)]
    deal = deal_faults(machine, test_anomaly_clips)
    order = random_stream(seed, machine, machine_id, "plan").permutation(len(deal))
    rows += [row("test", "anomaly", number, *deal[which]) for number, which in enumerate(order)]
    return rows


def deal_faults(machine: str, count: int) -> list[tuple[str, float, str]]:
    """Return fault, severity and pattern of `count` anomalous clips, dealt out evenly."""
    patterns = MODULES[machine].FAULTS
    deal = []
    for number in range(count):
        turn, which = divmod(number, len(patterns))
        fault = FAULTS[machine][which]
        # Shifted by the fault, so that a short list already holds every severity.
        severity = SEVERITIES[(turn + which) % len(SEVERITIES)]
        # Every second round of severities starts with the other pattern, so that both get them all.
        beat = turn + turn // len(SEVERITIES)
        pattern = patterns[fault][beat % len(patterns[fault])]
        deal.append((fault, severity, pattern))
    return deal


def clip_parts(
    machine: str,
    machine_id: str,
    *,
    clip: str,
    split: str,
    fault: str = "",
    severity: float = 0.0,
    pattern: str = "",
    seconds: float = 10.0,
    sample_rate: int = 16000,
    snr_db: float = 6.0,
    seed: int = 0,
    label: str | None = None,
    point: WorkingPoint | None = None,
) -> ClipParts:
    """Return machine and factory of one clip, apart; see `synthesize_clip` for the parameters."""
    unit = unit_of(machine, machine_id)
    _check_condition(machine, fault, severity, pattern, label)
    n = _check_axis(seconds, sample_rate)
    check_count("seed", seed)
    if not np.isfinite(snr_db):
        raise UserError("snr_db is {snr_db!r}; use a finite number of decibels", snr_db=snr_db)
    if point is not None:
        unit = point.unit(unit, MODULES[machine].SPEED, MODULES[machine].LOAD)
        snr_db += point.snr_db

    clock = signals.clock_of(n, sample_rate)
    # One stream a purpose: a fault never changes what the healthy machine or the factory draw.
    levels, machine_rng, fault_rng, window_rng, hall_rng = random_stream(
        seed, machine, machine_id, f"{split}/{clip}"
    ).spawn(5)

    window: np.ndarray | float = 1.0
    if pattern == "burst":
        window = signals.burst_window(window_rng, clock, least=MODULES[machine].SHORTEST_BURST)
    condition = signals.Condition(fault, float(severity), window)
    sound = MODULES[machine].sound(unit, condition, clock, machine_rng, fault_rng)
    hall = signals.factory_background(hall_rng, clock)

    # Distance of the microphone (machine only), loudness of the hall, gain of the recorder.
    machine_db = snr_db + unit.snr_offset + np.clip(levels.normal(0, 0.8), -2, 2)
    hall_db = np.clip(levels.normal(0, 0.8), -2, 2)
    gain_db = np.clip(levels.normal(0, 0.8), -2, 2)
    sound = sound * (10 ** (machine_db / 20) / max(signals.rms(sound), 1e-12))
    hall = hall * 10 ** (hall_db / 20)
    if point is not None:
        sound = point.recorded(sound, clock)
        hall = point.recorded(point.in_hall(hall, clock), clock)
    mixed = sound + hall
    nominal = np.sqrt(1 + 10 ** ((snr_db + unit.snr_offset) / 10))
    scale = LEVEL / nominal * 10 ** (gain_db / 20)
    peak = float(np.max(np.abs(mixed))) * scale
    if peak > 0.98:
        scale *= 0.98 / peak
    shown = np.zeros(n) if condition.severity == 0 else np.broadcast_to(window, n).astype(float)
    return ClipParts(sound * scale, hall * scale, shown)


def synthesize_clip(
    machine: str,
    machine_id: str,
    *,
    clip: str,
    split: str,
    fault: str = "",
    severity: float = 0.0,
    pattern: str = "",
    seconds: float = 10.0,
    sample_rate: int = 16000,
    snr_db: float = 6.0,
    seed: int = 0,
    label: str | None = None,
    point: WorkingPoint | None = None,
    channels: int = 1,
    heard: str = "all",
) -> np.ndarray:
    """Return the samples of one clip.

    A row of `plan_clips` can be handed over as it is: ``synthesize_clip(machine, id, **row)``.

    Parameters
    ----------
    machine : str
        Machine type, one of `MACHINES`.
    machine_id : str
        Machine ID, one of ``DEFAULT_IDS[machine]``.
    clip : str
        File name; with `split` it picks the clip's random stream.
    split : str
        'train' or 'test'.
    fault : str
        One of ``FAULTS[machine]``, or '' for a healthy machine.
    severity : float
        0 to 1; 0 sounds exactly like the healthy machine of the same clip name.
    pattern : str
        'steady' (all the clip) or 'burst' (one to three stretches of it), '' without a fault.
    seconds : float >= 1
        Length of the clip.
    sample_rate : int >= 8000 [Hz]
        Samples a second.
    snr_db : float [dB]
        Power of the machine over power of the factory, means over the clip, before the unit's own
        offset and the clip's scatter of about 1 dB.
    seed : int >= 0
        Seed of the data set.
    label : str, optional
        As in a plan's row; checked against `fault`.
    point : WorkingPoint, optional
        Speed, load, microphone and hall, where they are not the nominal ones.
    channels : {1, 2}
        2: a far microphone beside the near one, whose channel is the same as of 1.
    heard : {'all', 'machine', 'background'}
        Of the `ClipParts`: the sum of both, or one alone, as loud as it is in the clip.

    Returns
    -------
    np.ndarray [shape=(round(seconds * sample_rate),), dtype=float64]
        Within [-1, 1], never clipped; of two channels the shape is (n, 2).

    Raises
    ------
    UserError
        Unknown machine, ID, fault or pattern, or a number out of range.
    """
    parts = clip_parts(
        machine,
        machine_id,
        clip=clip,
        split=split,
        fault=fault,
        severity=severity,
        pattern=pattern,
        seconds=seconds,
        sample_rate=sample_rate,
        snr_db=snr_db,
        seed=seed,
        label=label,
        point=point,
    )
    of_machine, of_hall = _HEARD[heard]
    sound, hall = of_machine * parts.machine, of_hall * parts.background
    near = sound + hall
    if channels == 1:
        return near
    place = random_stream(seed, machine, machine_id, "far microphone")
    far = far_channel(sound, hall, place, sample_rate)
    return np.stack([near, far], axis=1)


def write_machine(
    machine: str,
    machine_ids: Sequence[str],
    folder: str | pathlib.Path,
    *,
    train_clips: int,
    test_normal_clips: int,
    test_anomaly_clips: int,
    seconds: float,
    sample_rate: int,
    snr_db: float,
    seed: int,
    channels: int = 1,
    progress: Callable | None = None,
) -> list[dict]:
    """Write all clips of one machine type, and the truth about their faults.

    Parameters
    ----------
    machine : str
        Machine type, one of `MACHINES`.
    machine_ids : sequence of str
        Machine IDs.
    folder : path
        Gets ``train/*.wav``, ``test/*.wav`` (PCM 16 bit) and ``faults.csv`` with the columns
        `TRUTH_COLUMNS`. Made if it does not exist.
    train_clips, test_normal_clips, test_anomaly_clips : int >= 0
        Number of clips of each machine ID.
    seconds : float >= 1
        Length of a clip; those of ToyCar are one second longer.
    sample_rate, snr_db, seed, channels
        See `synthesize_clip`.
    progress : callable, optional
        Wraps the iteration over the clips, e.g. `pygoodvibes.workflow.job.progress`.

    Returns
    -------
    list of dict
        The rows of ``faults.csv``.

    Raises
    ------
    UserError
        Bad settings, an ID given twice, or clips in the folder that are not of this plan.
    """
    if isinstance(machine_ids, str) or not machine_ids:
        raise UserError(
            "the machine IDs of {machine} are {machine_ids!r}; give a list such as ['00', '02']",
            machine=machine,
            machine_ids=machine_ids,
        )
    if len(set(machine_ids)) != len(machine_ids):
        raise UserError(
            "the machine IDs of {machine} name one twice: {machine_ids}",
            machine=machine,
            machine_ids=list(machine_ids),
        )
    length = clip_seconds(machine, seconds)
    truth = []
    for machine_id in machine_ids:
        rows = plan_clips(
            machine,
            machine_id,
            train_clips=train_clips,
            test_normal_clips=test_normal_clips,
            test_anomaly_clips=test_anomaly_clips,
            seed=seed,
        )
        truth += [{"machine": machine, "id": machine_id, **row} for row in rows]
    _check_axis(length, sample_rate)

    folder = pathlib.Path(folder)
    prepare_folder(folder, truth)
    for row in progress(truth, total=len(truth)) if progress else truth:
        fields = {key: value for key, value in row.items() if key not in ("machine", "id")}
        samples = synthesize_clip(
            machine,
            row["id"],
            **fields,
            seconds=length,
            sample_rate=sample_rate,
            snr_db=snr_db,
            seed=seed,
            channels=channels,
        )
        write_clip(folder / row["split"] / row["clip"], samples, sample_rate)
    write_truth(folder, truth)
    return truth


def random_stream(seed: int, machine: str, machine_id: str, name: str) -> np.random.Generator:
    """Return the random stream of one purpose; crc32 because `hash` differs between processes."""
    words = [zlib.crc32(text.encode()) for text in (machine, machine_id, name)]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def unit_of(machine: str, machine_id: str):
    """Return the description of one unit."""
    if machine not in MODULES:
        raise UserError(
            "there is no synthetic machine {machine!r}; use {machines}",
            machine=machine,
            machines=", ".join(MACHINES),
        )
    units: Mapping[str, object] = MODULES[machine].UNITS
    if machine_id not in units:
        raise UserError(
            "there is no synthetic {machine} with the ID {machine_id!r}; use {ids}",
            machine=machine,
            machine_id=machine_id,
            ids=", ".join(units),
        )
    return units[machine_id]


def _check_condition(
    machine: str, fault: str, severity: float, pattern: str, label: str | None
) -> None:
    if not 0 <= severity <= 1:
        raise UserError("the severity is {severity!r}; use a number from 0 to 1", severity=severity)
    if label not in (None, "normal" if not fault else "anomaly"):
        raise UserError(
            "the label is {label!r}, but the fault is {fault!r}; make them agree",
            label=label,
            fault=fault,
        )
    if not fault:
        if severity or pattern:
            raise UserError("a clip without a fault has severity 0 and the pattern ''")
        return
    patterns = MODULES[machine].FAULTS
    if fault not in patterns:
        raise UserError(
            "{machine} has no fault {fault!r}; use {faults}",
            machine=machine,
            fault=fault,
            faults=", ".join(patterns),
        )
    if pattern not in patterns[fault]:
        raise UserError(
            "{fault} of {machine} has no pattern {pattern!r}; use {patterns}",
            fault=fault,
            machine=machine,
            pattern=pattern,
            patterns=" or ".join(patterns[fault]),
        )


def check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise UserError(
            "{name} is {value!r}; use a whole number of 0 or more", name=name, value=value
        )


def _check_axis(seconds: float, sample_rate: int) -> int:
    """Return the number of samples."""
    if not isinstance(sample_rate, int | np.integer) or sample_rate < 8000:
        raise UserError(
            "the sample rate is {sample_rate!r}; use a whole number of 8000 or more",
            sample_rate=sample_rate,
        )
    if not np.isfinite(seconds) or seconds < 1:
        raise UserError("a clip lasts {seconds!r} seconds; use 1 second or more", seconds=seconds)
    return round(seconds * sample_rate)
