"""Learning goes on: a model is fitted again with more normal recordings, or without some.

Comes in: a model, a folder of new normal recordings, names of clips that are not normal after all.
Goes out: the model of all that is left, as a fit to these recordings at once would have made it,
and how its thresholds moved. The recordings of the earlier fits are not needed: the model keeps
what a fit takes of them, but for detectors that see log-mel frames.
"""

import collections
import dataclasses
import datetime
import functools
import pathlib
import tempfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.sample_hash import hash_samples
from pygoodvibes.config.config import Config
from pygoodvibes.config.validate import validate
from pygoodvibes.data import manifest, recordings
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.embeddings.embed import columns_of, encoded_columns
from pygoodvibes.embeddings.registry import uses_encoder
from pygoodvibes.models.assemble import settings_of
from pygoodvibes.models.kept import Kept
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import doubts
from pygoodvibes.monitoring.fit_clips import (
    ReadClips,
    check_enough,
    fit_kept,
    frames_of,
    read_clips,
    too_many_to_keep,
    vectors_of,
    with_cautions,
)
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.other_machine import is_other_id, of_other_id
from pygoodvibes.monitoring.score_clip import read_clip, score_features
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

KNOWN = message("the model has learned it already")
"""Why a recording, or a window of it, is not added."""


@dataclasses.dataclass(frozen=True)
class Moved:
    """How the threshold of a detector moved.

    Attributes
    ----------
    before, after : float
        The threshold, in the units of its fit.
    new : int
        Clips that were added.
    new_above_before : int
        How many of these the earlier fit found above its threshold.
    new_above_after : int
        How many of these lie above the new threshold by fits that have not seen them.
    """

    before: float
    after: float
    new: int
    new_above_before: int
    new_above_after: int


@dataclasses.dataclass(frozen=True)
class Refit:
    """A model that was fitted again.

    Attributes
    ----------
    model : MachineModel
        The model; what it `kept` tells its history.
    rows : list of mapping
        A manifest row a new recording (a window, if they are cut), with its final status.
    excluded : list of str
        Recordings that it was fitted without.
    moved : dict of str to Moved
        By detector; those with a threshold before and after.
    notes : list of str
        What had better be known.
    clips : list of mapping
        A manifest row a training clip, earlier and new, in the order of the held-out scores.
    """

    model: MachineModel
    rows: list[Mapping]
    excluded: list[str]
    moved: dict[str, Moved]
    notes: list[str]
    clips: list[Mapping]


def refit(
    model: MachineModel,
    *,
    add: str | pathlib.Path | None = None,
    exclude: Sequence[str] = (),
    machine_id: str | None = None,
    false_alarm_rate: float | None = None,
    jobs: int = 1,
    doubt: Callable[[Sequence[Message]], object] | None = None,
    now: datetime.datetime | None = None,
) -> Refit:
    """Fit a model again, with other recordings.

    Parameters
    ----------
    model : MachineModel
        From `pygoodvibes.monitoring.fit_folder.fit_folder`.
    add : path, optional
        Folder of new normal recordings, or a single one; those whose samples the model has learned
        already are passed over.
    exclude : sequence of str, optional
        Recordings to fit without: their paths as the model knows them, their names if no other has
        the same, or files that hold the same samples.
    machine_id : str, optional
        Only new recordings named after this machine ID.
    false_alarm_rate : float in (0, 1), optional
        Expected share of normal clips above the threshold (default: that of the model).
    jobs : int > 0
        Processes.
    doubt : callable, optional
        As in `pygoodvibes.monitoring.fit_folder.fit_folder`, of the new recordings. Told are also
        those that the model calls anomalous.
    now : datetime, optional
        What the history calls the time of the change (default: now).

    Raises
    ------
    UserError
        If the model can't be fitted again, nothing is new, a recording to exclude is not known, or
        too few are left.
    """
    config, old = _config_of(model), model.kept
    passed: list[Message] = []

    def let_pass(sentences: Sequence[Message]) -> None:
        if sentences and doubt:
            doubt(sentences)
        passed.extend(sentences)

    left_out = _chosen(model, old, exclude)
    kept = old.some(~left_out)
    excluded = sorted({path for path, out in zip(old.paths, left_out, strict=True) if out})
    cut = {key: model.training[key] for key in ("window", "hop") if key in model.training} or None
    rows, new = [], None
    if add is not None:
        read = _read(
            model,
            config,
            pathlib.Path(add),
            machine_id=machine_id,
            cut=cut,
            jobs=jobs,
            doubt=let_pass,
        )
        rows = read.rows
        new = _renamed(read.kept, kept, pathlib.Path(add))
        let_pass(_anomalous(model, new))
        kept = kept.joined(new)
    whole = kept.rows(machine=model.machine, machine_id=model.id, sample_rate=model.sample_rate)
    check_enough(whole, what="window" if cut else "clip")
    added = set(new.hashes) if new else set()
    fitted = fit_kept(
        config,
        kept,
        whole,
        vectors_of(whole, kept, _columns(model, kept)),
        name=model.name,
        cut=cut,
        encoder=model.encoder,
        doubt=functools.partial(_doubt_clusters, let_pass, added),
    )
    if "signs" in model.training:  # learned from sound, which is not kept
        training = {**fitted.training, "signs": model.training["signs"]}
        fitted = dataclasses.replace(fitted, training=training)
    limits = model.settings["threshold"]
    if false_alarm_rate is not None:
        rates = dict.fromkeys(limits["false_alarm_rates"], false_alarm_rate)
        limits = {**limits, "false_alarm_rates": rates}
    fitted = with_cautions(
        dataclasses.replace(fitted, settings={**fitted.settings, "threshold": limits})
    )
    moved = _moved(model, fitted, new, kept)
    if fitted.kept is None:
        passed.append(too_many_to_keep(fitted))
    else:
        entry = {
            "when": (now or datetime.datetime.now(datetime.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "added": sorted(row["path"] for row in new.recordings) if new else [],
            "excluded": excluded,
            "clips": [len(old.hashes), len(kept.hashes)],
            "thresholds": {name: [moves.before, moves.after] for name, moves in moved.items()},
        }
        fitted = dataclasses.replace(fitted, kept=fitted.kept.changed(entry))
    return Refit(fitted, rows, excluded, moved, passed, whole)


def _config_of(model: MachineModel) -> Config:
    """Return the config of a model's fit, unless it can't be fitted again."""
    if model.kept is None:
        raise UserError(
            "model {model}: it keeps nothing of its training clips (it is of the workflow, of very "
            "many clips, or of an earlier version), so that none can be added or excluded: fit "
            "again to a folder of all recordings",
            model=model.name,
        )
    for name, section in model.settings["detectors"].items():
        if section["input"] == "mel":
            raise UserError(
                "model {model}: {detector} sees log-mel frames, and these are not kept in a model: "
                "fit again to a folder that holds the original recordings and the new ones",
                model=model.name,
                detector=name,
            )
        # a file is data: what it names is not imported
        if section["method"] not in METHODS:
            raise UserError(
                "model {model}: {detector} is named by a dotted path ({method}), and a model file "
                "calls no code: fit again to a folder of all recordings",
                model=model.name,
                detector=name,
                method=section["method"],
            )
    given = model.provenance.get("config")
    detectors = given.get("detectors") if isinstance(given, Mapping) else None
    if detectors == model.settings["detectors"]:
        config = validate(given, name=f"model {model.name}")
        told, here = settings_of(config), model.settings
        alike = all(told[key] == here[key] for key in told if key != "threshold")
        if alike and told["threshold"]["method"] == here["threshold"]["method"]:
            return config
    raise UserError(
        "model {model}: the config that it names as its origin does not fit its settings: fit "
        "again to a folder of all recordings",
        model=model.name,
    )


def _columns(model: MachineModel, kept: Kept) -> list[str]:
    section, bands = model.settings["embedding"], model.settings["mel"]["n_mels"]
    if uses_encoder(section["method"]):
        return encoded_columns(bands, section, kept.embedding.shape[1])
    return columns_of(bands, section)


def _chosen(model: MachineModel, kept: Kept, names: Sequence[str]) -> np.ndarray:
    """Say which clips are meant by names, shape (n_clips,), bool."""
    paths, chosen = np.array(kept.paths), np.zeros(len(kept.hashes), dtype=bool)
    for name in names:
        found = paths == name
        if not found.any():
            endings = {path for path in kept.paths if path.rpartition("/")[2] == name}
            if len(endings) > 1:
                raise UserError(
                    "--exclude {name}: {count} recordings of {model} have that name ({paths}); "
                    "name one by its path",
                    name=name,
                    count=len(endings),
                    model=model.name,
                    paths=", ".join(sorted(endings)[:5]),
                )
            found = np.isin(paths, list(endings))
        if not found.any() and pathlib.Path(name).is_file():
            found = _of_samples(model, kept, pathlib.Path(name))
        if not found.any():
            raise UserError(
                "--exclude {name}: no recording that model {model} was fitted to ({first} ... "
                "{last}), nor a file with the samples of one",
                name=name,
                model=model.name,
                first=min(kept.paths),
                last=max(kept.paths),
            )
        chosen |= found
    return chosen


def _of_samples(model: MachineModel, kept: Kept, path: pathlib.Path) -> np.ndarray:
    """Find the clips that hold the same samples as a file, or as windows of it."""
    signal = read_clip(path, model.settings)
    hashes = {hash_samples(signal)}
    if "window" in model.training:
        size = round(model.training["window"] * model.sample_rate)
        starts = sorted({int(start) for start in kept.offset if start + size <= len(signal)})
        hashes |= {hash_samples(signal[start : start + size]) for start in starts}
    return np.isin(np.array(kept.hashes), list(hashes))


def _read(
    model: MachineModel,
    config: Config,
    place: pathlib.Path,
    *,
    machine_id: str | None,
    cut: Mapping[str, float] | None,
    jobs: int,
    doubt: Callable[[Sequence[Message]], object],
) -> ReadClips:
    """Read the new recordings."""
    clips = recordings.list_recordings(place, machine_id=machine_id)
    if is_other_id(model, clips[0].id):
        raise UserError(of_other_id(model, place, clips[0].id))
    folder = place.parent if place.is_file() else place
    rows, _ = recordings.inspect_recordings(
        clips,
        folder,
        sample_rate=config.audio.sample_rate,
        resample=config.audio.resample,
        channel=config.audio.channel,
        threads=jobs,
    )
    doubt(doubts.of_names(rows, folder.resolve().name))
    known = set(model.kept.hashes)

    def find_known(records: Sequence[Mapping]) -> dict[int, Message]:
        return {
            number: KNOWN
            for number, record in enumerate(records)
            if record["status"] == "ok" and record["samples_xxh3_128"] in known
        }

    with tempfile.TemporaryDirectory() as scratch:
        return read_clips(
            config,
            frames_of(config, rows, folder, cut=cut, jobs=jobs),
            folder=pathlib.Path(scratch),
            cut=cut,
            recordings_folder=folder,
            encoder=model.encoder,
            enough=functools.partial(_check_new, place),
            find_known=find_known,
        )


def _check_new(place: pathlib.Path, rows: Sequence[Mapping]) -> None:
    if manifest.usable(rows):
        return
    reasons = collections.Counter(row["status"] for row in rows)
    raise UserError(
        "{place}: nothing to add; most often: {reason}",
        place=place,
        reason=reasons.most_common(1)[0][0],
    )


def _renamed(new: Kept, kept: Kept, place: pathlib.Path) -> Kept:
    """Give recordings whose paths the model knows already the name of their folder, too."""
    known = {row["path"] for row in kept.recordings}
    taken = known | {row["path"] for row in new.recordings}
    base = (place.parent if place.is_file() else place).resolve().name or "new"
    renamed = []
    for row in new.recordings:
        path, number = row["path"], 1
        while path in known or (number > 1 and path in taken):
            path = f"{base}/{row['path']}" if number == 1 else f"{base}-{number}/{row['path']}"
            number += 1
        taken.add(path)
        renamed.append({**row, "path": path})
    return dataclasses.replace(new, recordings=renamed)


def _scores(model: MachineModel, detector: str, kept: Kept) -> np.ndarray:
    return score_features(model, detector, list(kept.embedding))


def _anomalous(model: MachineModel, new: Kept) -> list[Message]:
    """Say which new clips the model calls anomalous."""
    judging = judge(model)
    above = _scores(model, judging.detector, new) > judging.threshold
    if not above.any():
        return []
    anomalous = [path for path, is_above in zip(new.paths, above, strict=True) if is_above]
    return [
        message(
            "{found} of {all} new clips are anomalous to the model ({detector}, threshold "
            "{limit:.4g}; of normal ones {expected:.2g} were to be expected): {recordings}",
            found=int(above.sum()),
            all=len(above),
            detector=judging.detector,
            limit=judging.threshold,
            expected=judging.false_alarm_rate * len(above),
            recordings=doubts.named(anomalous),
        )
    ]


def _doubt_clusters(
    doubt: Callable[[Sequence[Message]], object],
    added: set[str],
    vectors: np.ndarray,
    rows: Sequence[Mapping],
) -> None:
    """Ask about clusters only if the new clips have to do with them."""
    gap, apart = doubts.widest_gap(vectors)
    is_new = np.array([row["samples_xxh3_128"] in added for row in rows])
    if gap >= doubts.GAP and (is_new[apart].any() or is_new[~apart].all()):
        doubt(doubts.of_clusters(vectors, rows))


def _moved(
    before: MachineModel, after: MachineModel, new: Kept | None, kept: Kept
) -> dict[str, Moved]:
    moved = {}
    is_new = np.isin(kept.hashes, list(new.hashes) if new else [])
    for name in after.estimators:
        held_out = after.held_out[name]
        known = name in before.estimators and np.isfinite(before.held_out[name]).any()
        if not known or not np.isfinite(held_out).any():
            continue
        was, now = judge(before, detector=name).threshold, judge(after, detector=name).threshold
        above = int((_scores(before, name, new) > was).sum()) if new else 0
        moved[name] = Moved(was, now, int(is_new.sum()), above, int((held_out[is_new] > now).sum()))
    return moved
