"""From a folder of normal recordings to the model of a machine.

All steps are functions of the workflow, in its order and with its seeds. So the same clips give the
same scores as in the workflow.
"""

import collections
import dataclasses
import functools
import pathlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from pygoodvibes.audio import mel_cache, stream
from pygoodvibes.audio.mel import filter_bank
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.audio.usable import HIGHEST_KEPT
from pygoodvibes.config.config import Config
from pygoodvibes.config.validate import validate
from pygoodvibes.data import duplicates, manifest, recordings
from pygoodvibes.detection import serialization
from pygoodvibes.detection.held_out_windows import group_windows
from pygoodvibes.detection.machine_id import detect_machine_id
from pygoodvibes.detectors import pyod
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.embeddings.embed import open_encoder
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.registry import sees_signal
from pygoodvibes.models.assemble import assemble
from pygoodvibes.models.machine_model import MOST_OF_DETECTORS, MachineModel
from pygoodvibes.monitoring import certainty, doubts
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.what_is_odd import with_signs
from pygoodvibes.util import parallel
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, joined, message
from pygoodvibes.util.paths import in_utf8


def fit_clips(
    config: Config,
    rows: Sequence[Mapping],
    frames: Iterable[tuple[Mapping, np.ndarray | str]],
    *,
    name: str,
    folder: pathlib.Path,
    cut: Mapping[str, float] | None = None,
    recordings_folder: pathlib.Path | None = None,
    doubt: Callable[[Sequence[Message]], object] | None = None,
) -> tuple[MachineModel, list[Mapping]]:
    """Fit the detectors of a config on training clips.

    Parameters
    ----------
    config : Config
        All settings.
    rows : sequence of mapping
        Manifest rows of normal training clips of one machine ID, in the manifest's order.
    frames : iterable of (row, frames)
        From `pygoodvibes.audio.mel_cache.compute` for these rows, or from
        `pygoodvibes.audio.stream.cut`.
    name : str
        Name of the model.
    folder : pathlib.Path
        Empty, for the log-mel frames while they are needed.
    cut : mapping of str to float, optional
        window and hop, s, if `frames` are of windows.
    recordings_folder : pathlib.Path, optional
        What the paths of the rows are relative to; only an embedding of samples reads them again.
    doubt : callable, optional
        Called with sentences if recordings fall into clusters far apart, before there is a model;
        windows, of which those of a recording are alike, are not looked at.

    Returns
    -------
    model : MachineModel
        The model.
    rows : list of mapping
        The rows with the final status of each clip, a row a window if they are cut.

    Raises
    ------
    UserError
        If too few clips can be used, or no detector can be fitted.
    """
    settings = config.model_dump(mode="json")
    encoder = open_encoder(settings["embedding"])
    array, table = folder / "mel.npy", folder / "mel.clips.csv"
    final = []

    def remembered():
        for row, values in frames:
            final.append({**row, "status": values} if isinstance(values, str) else row)
            yield row, values

    find = duplicates.finder(config.dataset.duplicates, windows=cut is not None)

    def find_copies(records: Sequence[Mapping]) -> dict:
        found = find(records) if find else {}
        for number, reason in found.items():
            final[number] = {**final[number], "status": reason}
        return found

    mel_cache.write(array, table, remembered(), find_copies=find_copies)
    _check_enough(final, what="window" if cut else "clip")
    cache = mel_cache.open_cache(array, table)
    groups, notes = _group_windows(config, manifest.usable(final), cut) if cut else (None, [])
    signals = None
    if sees_signal(config.embedding.method):
        signals = signals_of(
            cache.clips, recordings_folder, audio_settings=settings["audio"], cut=cut
        )
    detected = detect_machine_id(cache, settings, groups=groups, signals=signals, encoder=encoder)
    if doubt and not cut:
        pca, embedded = detected.projected.pca, detected.embedded.values
        apart = doubts.of_clusters((embedded - pca.mean) / pca.scale, manifest.usable(final))
        if apart:
            doubt(apart)
    results = detected.results
    for result in results.values():
        result.notes.extend(notes)
    estimators = {detector: result.estimator for detector, result in results.items()}
    most_bytes = MOST_OF_DETECTORS - (len(encoder.content) if encoder else 0)
    for detector, reason in serialization.left_out(estimators, most_bytes=most_bytes).items():
        estimators[detector] = None
        results[detector].notes.append(reason)
    if all(estimator is None for estimator in estimators.values()):
        said = [
            message("{name}: {reason}", name=detector, reason=result.notes[-1])
            for detector, result in results.items()
        ]
        raise UserError(joined(said))
    model = assemble(
        config,
        final,
        name=name,
        cache=cache,
        pcas=detected.projected.pcas,
        estimators=estimators,
        held_out={detector: result.train_scores for detector, result in results.items()},
        notes={detector: result.notes for detector, result in results.items()},
        cut=cut,
        encoder=encoder,
    )
    return model, final


def _group_windows(
    config: Config, rows: Sequence[Mapping], cut: Mapping[str, float]
) -> tuple[Groups, list[str]]:
    """Hold out the windows of a recording together; return a note where it is too long for that."""
    groups, stretched = group_windows(
        [row["path"] for row in rows],
        np.array([row["offset"] for row in rows]),
        size=round(cut["window"] * config.audio.sample_rate),
        folds=config.held_out.folds,
    )
    if not stretched:
        return groups, []
    note = message(
        "more than a third of the windows are of one recording ({recordings}), and "
        "held out in stretches of time: other days may give more false alarms than "
        "these windows tell",
        recordings=", ".join(stretched),
    )
    return groups, [note]


def _check_enough(rows: Sequence[Mapping], *, what: str) -> None:
    usable = manifest.usable(rows)
    if len(usable) >= manifest.MIN_TRAIN_CLIPS:
        return
    values = {"usable": len(usable), "all": len(rows), "least": manifest.MIN_TRAIN_CLIPS}
    said = [
        message(
            "{usable} of {all} clip(s) can be used, {least} are the least to learn from, and some "
            "50 are a good start",
            **values,
        )
        if what == "clip"
        else message(
            "{usable} of {all} window(s) can be used, {least} are the least to learn from, and "
            "some 50 are a good start",
            **values,
        )
    ]
    if reasons := collections.Counter(row["status"] for row in rows if row["status"] != "ok"):
        said.append(message("most often: {reason}", reason=reasons.most_common(1)[0][0]))
    if what == "clip":
        said.append(message("a long recording is cut with --window SECONDS"))
    raise UserError(joined(said))


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
    compute = functools.partial(
        _compute,
        cut=cut,
        folder=folder,
        audio_settings=config.audio.model_dump(mode="json"),
        mel_settings=config.mel.model_dump(mode="json"),
    )
    first = clips[0]
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", first.machine).strip("._-") or "machine"
    if first.id:
        name = f"{name}_id_{first.id}"
    with tempfile.TemporaryDirectory() as scratch:
        model, final = fit_clips(
            config,
            rows,
            mel_cache.told(_frames(compute, rows, cut=cut, jobs=jobs), progress),
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
    copies = filter(None, [duplicates.told(final)])
    return Fit(_with_cautions(model), final, [*passed, *copies, *notes, *_odd_lengths(final)])


def _frames(compute: Callable, rows: Sequence[Mapping], *, cut: object, jobs: int) -> Iterator:
    """Compute the frames of recordings in several processes; of windows, all of a recording."""
    if cut is None:
        yield from parallel.map_chunks(compute, rows, jobs=jobs, chunk=4)
        return
    if jobs == 1 or len(rows) == 1:
        yield from compute(rows, as_list=False)  # one window after the other, in little memory
        return
    for parts in parallel.map_chunks(functools.partial(_each, compute), rows, jobs=jobs, chunk=1):
        yield from parts


def _each(compute: Callable, rows: list) -> list[list]:
    return [compute([row]) for row in rows]


def _compute(rows: list, *, cut: Mapping | None, as_list: bool = True, **options):
    if cut is None:
        return list(mel_cache.compute(rows, **options))
    windows = stream.cut(rows, **options, **cut)
    return list(windows) if as_list else windows


def _with_cautions(model: MachineModel) -> MachineModel:
    """Write among the notes of each detector why not to trust its threshold."""
    notes = dict(model.provenance["notes"])
    for name in model.estimators:
        if np.isfinite(model.held_out[name]).any():
            caution = certainty.of(model, judge(model, detector=name)).caution
            notes[name] = [*notes[name], caution] if caution else notes[name]
    return dataclasses.replace(model, provenance={**model.provenance, "notes": notes})


def _odd_lengths(rows: Sequence[Mapping]) -> list[str]:
    """Say how many clips are of another length than most."""
    seconds = np.array([float(row["seconds"]) for row in manifest.usable(rows)])
    median = np.median(seconds)
    odd = int(np.sum(np.abs(seconds / median - 1) > certainty.OTHER_LENGTH))
    if not odd:
        return []
    return [
        message(
            "{odd} of {recordings} recordings are more than {share:.0f} % shorter or "
            "longer than the middle one ({median:g} s), and clips of another length "
            "score higher; --window SECONDS cuts all into windows of one length",
            odd=odd,
            recordings=len(seconds),
            share=100 * certainty.OTHER_LENGTH,
            median=median,
        )
    ]


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
