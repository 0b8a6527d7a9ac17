"""From a folder of normal recordings to the model of a machine.

All steps are functions of the workflow, in its order and with its seeds. So the same clips give the
same scores as in the workflow.
"""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Mapping, Sequence

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.mel import filter_bank
from pygoodvibes.audio.usable import HIGHEST_KEPT
from pygoodvibes.config.validate import validate
from pygoodvibes.data import duplicates, manifest, recordings
from pygoodvibes.detectors import pyod
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import doubts
from pygoodvibes.monitoring.fit_clips import (
    fit_clips,
    frames_of,
    odd_lengths,
    too_many_to_keep,
    with_cautions,
)
from pygoodvibes.monitoring.what_is_odd import with_signs
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message
from pygoodvibes.util.paths import in_utf8


@dataclasses.dataclass(frozen=True)
class Fit:
    """A model fitted to a folder, and what became of the recordings.

    Attributes
    ----------
    model : MachineModel
        The model.
    rows : list of mapping
        A manifest row a recording (a window, if they are cut), with its final status.
    notes : list of str
        What was chosen or had to be done differently, in words.
    """

    model: MachineModel
    rows: list[Mapping]
    notes: list[str]

    @property
    def clips(self) -> list[Mapping]:
        """Return the rows of the training clips, in the order of the held-out scores."""
        return manifest.usable(self.rows)


def fit_folder(
    place: str | pathlib.Path,
    content: Mapping,
    *,
    config_name: str = "config",
    machine: str | None = None,
    machine_id: str | None = None,
    detectors: str | None = None,
    false_alarm_rate: float | None = None,
    window: float | None = None,
    hop: float | None = None,
    jobs: int = 1,
    doubt: Callable[[Sequence[Message]], object] | None = None,
    progress: Callable[[str], object] = lambda path: None,
) -> Fit:
    """Fit a model to a folder of normal recordings.

    Parameters
    ----------
    place : path
        The folder, in any layout; with `window` also a single recording.
    content : mapping
        A config as read from YAML, {} for the defaults; of its data set only `duplicates` counts.
        Without `audio.sample_rate` that of most recordings is taken.
    config_name : str
        What messages call it.
    machine, machine_id
        As in `pygoodvibes.data.recordings.list_recordings`.
    detectors : str, optional
        Names between commas, or 'all' (default: the first of the config).
    false_alarm_rate : float in (0, 1), optional
        Expected share of normal clips above the threshold (default: that of the config).
    window : float > 0, optional
        Cut recordings into windows of so many seconds, each a training clip (default: a recording
        is a clip). The model keeps it, and scores in such windows by default.
    hop : float > 0, optional
        Seconds from one window to the next, at most `window` (default: `window`; what overlaps is
        heard twice and tells nothing new).
    jobs : int > 0
        Processes.
    doubt : callable, optional
        Called with sentences if names speak of faults, before the fit, and if recordings fall into
        clusters far apart, after it. What it raises ends the fit; what it lets pass is among the
        notes.
    progress : callable, optional
        Called with the path of each recording once it is read.

    Raises
    ------
    UserError
        If the config is wrong, or there is too little to learn from.
    """
    place = pathlib.Path(place)
    if hop is not None and (window is None or hop > window):
        longest = message("without windows")
        if window is not None:
            longest = message("longer than a window ({window:g} s)", window=window)
        raise UserError(
            "--hop {hop:g}: {longest}; it is the time from one window to the next",
            hop=hop,
            longest=longest,
        )
    if window is None and place.is_file():
        raise UserError(
            "{place}: a single recording, and a model learns from {least} clips or more: "
            "name the folder that it lies in, or cut it with --window SECONDS",
            place=place,
            least=manifest.MIN_TRAIN_CLIPS,
        )
    cut = None if window is None else {"window": window, "hop": hop or window}
    clips = recordings.list_recordings(place, machine=machine, machine_id=machine_id)
    folder = place.parent if place.is_file() else place
    given = _chosen(content, folder, detectors)
    asked = given.get("audio") or {}
    # all other keys are checked before any recording is read, with a rate that none is too high for
    highest = {"sample_rate": HIGHEST_KEPT, **asked} if isinstance(asked, Mapping) else asked
    checked = validate({**given, "audio": highest}, name=config_name)
    rows, rate = recordings.inspect_recordings(
        clips,
        folder,
        sample_rate=asked.get("sample_rate"),
        resample=checked.audio.resample,
        channel=checked.audio.channel,
        threads=jobs,
    )
    if asked.get("sample_rate") is None and rate > HIGHEST_KEPT:
        raise UserError(
            "{place}: most recordings have {rate} Hz, and a model takes {most} Hz at most: fit "
            "with audio.sample_rate: {most} and audio.resample: true in a config (--config)",
            place=place,
            rate=rate,
            most=HIGHEST_KEPT,
        )
    given["audio"] = {**asked, "sample_rate": rate}
    notes = _fitting_n_fft(given) if "n_fft" not in (given.get("mel") or {}) else []
    if content.get("default_detector") == CHOICE and detectors is None:
        notes.append(
            message(
                "{detector}, for {choice} takes other machine IDs of the type to choose by: "
                "here is one machine",
                detector=next(iter(given["detectors"])),
                choice=CHOICE,
            )
        )
    config = validate(given, name=config_name)
    passed: list[Message] = []

    def let_pass(sentences: Sequence[Message]) -> None:
        if doubt:
            doubt(sentences)
        passed.extend(sentences)

    if named := doubts.of_names(rows, place.resolve().name):
        let_pass(named)
    first = clips[0]
    name = recordings.plain_name(first.machine)
    if first.id:
        name = f"{name}_id_{first.id}"
    with tempfile.TemporaryDirectory() as scratch:
        model, final = fit_clips(
            config,
            rows,
            mel_cache.told(frames_of(config, rows, folder, cut=cut, jobs=jobs), progress),
            name=name,
            folder=pathlib.Path(scratch),
            cut=cut,
            recordings_folder=folder,
            doubt=let_pass,
        )
    model = with_signs(model, final, folder, cut=cut)
    if false_alarm_rate is not None:
        rates = dict.fromkeys(model.settings["detectors"], false_alarm_rate)
        limits = {**model.settings["threshold"], "false_alarm_rates": rates}
        model = dataclasses.replace(model, settings={**model.settings, "threshold": limits})
    if model.kept is None:
        notes.append(too_many_to_keep(model))
    copies = filter(None, [duplicates.told(final)])
    return Fit(with_cautions(model), final, [*passed, *copies, *notes, *odd_lengths(final)])


def _chosen(content: Mapping, folder: pathlib.Path, detectors: str | None) -> dict:
    """Return the config with the data set and the detectors of this fit."""
    given = dict(content)
    data = given.get("dataset")
    given["dataset"] = {"name": "fit", "source": "folder", "path": in_utf8(folder.name) or "."}
    if isinstance(data, Mapping) and "duplicates" in data:
        given["dataset"]["duplicates"] = data["duplicates"]
    known = given.get("detectors") or {}
    if not known:
        # without a config a method is its own name
        known = dict.fromkeys(("fusion", *(name for name in METHODS if name != "fusion")))
        if detectors == "all" and not pyod.installed():
            del known["pyod"]
    if not isinstance(known, Mapping):
        return given  # the check of the config says what is wrong
    names = (
        list(known) if detectors == "all" else (detectors or _default_of(given, known)).split(",")
    )
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(
            "no detector {name!r}; there are {known}, or 'all'",
            name=unknown[0],
            known=", ".join(known),
        )
    given["detectors"] = {name: known[name] for name in names}
    if given.get("default_detector") == CHOICE:
        given["default_detector"] = None
    return given


def _default_of(given: Mapping, known: Mapping) -> str:
    """Return the default among the known detectors of a config, for one machine alone."""
    default, choice = given.get("default_detector"), given.get("choice")
    if default == CHOICE:
        default = choice.get("fixed") if isinstance(choice, Mapping) else None
    return default if isinstance(default, str) and default in known else next(iter(known))


def _fitting_n_fft(given: dict) -> list[str]:
    """Double the default n_fft, and the hop with it, until no mel band is empty."""
    mel = validate(given).mel
    rate, n_fft, hop = given["audio"]["sample_rate"], mel.n_fft, mel.hop_length
    bank = {key: getattr(mel, key) for key in ("n_mels", "fmin", "fmax", "htk", "norm")}
    while n_fft <= 2**15:
        try:
            filter_bank(sample_rate=rate, n_fft=n_fft, **bank)
            break
        except UserError:
            n_fft, hop = 2 * n_fft, 2 * hop
    if n_fft == mel.n_fft:
        return []
    given["mel"] = {**(given.get("mel") or {}), "n_fft": n_fft, "hop_length": hop}
    return [
        message(
            "n_fft {n_fft} and hop_length {hop} instead of {n_fft_before} and "
            "{hop_length_before}: at {rate} Hz a shorter FFT has too few bins for "
            "{n_mels} mel bands",
            n_fft=n_fft,
            hop=hop,
            n_fft_before=mel.n_fft,
            hop_length_before=mel.hop_length,
            rate=rate,
            n_mels=mel.n_mels,
        )
    ]
