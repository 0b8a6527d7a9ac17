"""From normal clips of one machine ID to its model: what `fit` does once it knows the recordings.

Comes in: manifest rows and log-mel frames of training clips, or what a model has kept of them. Goes
out: the model. All steps are functions of the workflow, in its order and with its seeds.
"""

import collections
import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from pygoodvibes.audio import mel_cache, stream
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.config.config import Config
from pygoodvibes.data import duplicates, manifest
from pygoodvibes.detection import serialization
from pygoodvibes.detection.held_out_windows import group_windows
from pygoodvibes.detection.machine_id import detect_embedded
from pygoodvibes.embeddings.embed import embed_clips, open_encoder
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.registry import sees_signal
from pygoodvibes.embeddings.vectors import ClipVectors, from_records
from pygoodvibes.models.assemble import assemble
from pygoodvibes.models.kept import Kept, keep
from pygoodvibes.models.machine_model import MOST_OF_DETECTORS, MachineModel
from pygoodvibes.monitoring import certainty, doubts
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.util import parallel
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, joined, message


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
    encoder = open_encoder(config.model_dump(mode="json")["embedding"])
    read = read_clips(
        config,
        frames,
        folder=folder,
        cut=cut,
        recordings_folder=recordings_folder,
        encoder=encoder,
        enough=functools.partial(check_enough, what="window" if cut else "clip"),
    )
    model = fit_kept(
        config,
        read.kept,
        manifest.usable(read.rows),
        read.embedded,
        name=name,
        cache=read.cache,
        cut=cut,
        encoder=encoder,
        doubt=doubt and functools.partial(_doubt_clusters, doubt),
    )
    return model, read.rows


def _doubt_clusters(
    doubt: Callable[[Sequence[Message]], object], vectors: np.ndarray, rows: Sequence[Mapping]
) -> None:
    if apart := doubts.of_clusters(vectors, rows):
        doubt(apart)


@dataclasses.dataclass(frozen=True)
class ReadClips:
    """Clips that were read.

    Attributes
    ----------
    rows : list of mapping
        Their manifest rows with the final status.
    cache : MelCache
        Log-mel frames of the usable ones.
    embedded : ClipVectors
        Embeddings of the usable ones.
    kept : Kept
        What another fit takes of them.
    """

    rows: list[Mapping]
    cache: mel_cache.MelCache
    embedded: ClipVectors
    kept: Kept


def read_clips(
    config: Config,
    frames: Iterable[tuple[Mapping, np.ndarray | str]],
    *,
    folder: pathlib.Path,
    cut: Mapping[str, float] | None,
    recordings_folder: pathlib.Path | None,
    encoder: Encoder | None,
    enough: Callable[[Sequence[Mapping]], object],
    find_known: Callable[[Sequence[Mapping]], Mapping[int, Message]] | None = None,
) -> ReadClips:
    """Read clips, leave copies out, and embed the others.

    Parameters
    ----------
    config, frames, folder, cut, recordings_folder
        As in `fit_clips`.
    encoder : Encoder or None
        Of the embedding.
    enough : callable
        Takes the rows with their final status, and raises `UserError` if too few can be used.
    find_known : callable, optional
        Says which rows a model knows already, by number, and why each is left out.
    """
    settings = config.model_dump(mode="json")
    array, table = folder / "mel.npy", folder / "mel.clips.csv"
    final = []

    def remembered():
        for row, values in frames:
            final.append({**row, "status": values} if isinstance(values, str) else row)
            yield row, values

    find = duplicates.finder(config.dataset.duplicates, windows=cut is not None)

    def find_copies(records: Sequence[Mapping]) -> dict:
        found = find(records) if find else {}
        if find and find_known:
            found |= find_known(records)
        for number, reason in found.items():
            final[number] = {**final[number], "status": reason}
        return found

    mel_cache.write(array, table, remembered(), find_copies=find_copies)
    enough(final)
    cache = mel_cache.open_cache(array, table)
    signals = None
    if sees_signal(config.embedding.method):
        signals = signals_of(
            cache.clips, recordings_folder, audio_settings=settings["audio"], cut=cut
        )
    embedded = embed_clips(
        cache,
        settings["embedding"],
        signals=signals,
        sample_rate=config.audio.sample_rate,
        encoder=encoder,
    )
    kept = keep(manifest.usable(final), embedded.values, (values for _, values in cache))
    return ReadClips(final, cache, embedded, kept)


def fit_kept(
    config: Config,
    kept: Kept,
    rows: Sequence[Mapping],
    embedded: ClipVectors,
    *,
    name: str,
    cache: mel_cache.MelCache | None = None,
    cut: Mapping[str, float] | None = None,
    encoder: Encoder | None = None,
    doubt: Callable[[np.ndarray, Sequence[Mapping]], object] | None = None,
) -> MachineModel:
    """Fit the detectors of a config on what is kept of training clips.

    Parameters
    ----------
    config : Config
        All settings.
    kept : Kept
        What is kept of the clips.
    rows : sequence of mapping [length=n_clips]
        Their manifest rows, with the hashes of their samples and their condition.
    embedded : ClipVectors
        Their embeddings.
    name : str
        Name of the model.
    cache : MelCache, optional
        Their log-mel frames; only detectors with the input 'mel' need them.
    cut : mapping of str to float, optional
        window and hop, s, if the clips are windows.
    encoder : Encoder, optional
        Of the embedding.
    doubt : callable, optional
        Called with the embeddings, each column in units of its standard deviation, and the rows,
        before there is a model; not for windows.

    Raises
    ------
    UserError
        If no detector can be fitted.
    """
    settings = config.model_dump(mode="json")
    groups, notes = _group_windows(config, rows, cut) if cut else (None, [])
    detected = detect_embedded(embedded, settings, groups=groups, cache=cache)
    if doubt and not cut:
        pca = detected.projected.pca
        doubt((embedded.values - pca.mean) / pca.scale, rows)
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
    return assemble(
        config,
        rows,
        name=name,
        clips=rows,
        normal=kept.normal,
        pcas=detected.projected.pcas,
        estimators=estimators,
        held_out={detector: result.train_scores for detector, result in results.items()},
        notes={detector: result.notes for detector, result in results.items()},
        cut=cut,
        encoder=encoder,
        kept=kept if kept.small else None,
    )


def vectors_of(rows: Sequence[Mapping], kept: Kept, columns: Sequence[str]) -> ClipVectors:
    """Return the embeddings that are kept of clips, with their names and those of their values."""
    return from_records(list(rows), kept.embedding, list(columns))


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


def check_enough(rows: Sequence[Mapping], *, what: str) -> None:
    """Refuse rows of which too few can be used.

    Parameters
    ----------
    rows : sequence of mapping
        Manifest rows with their final status.
    what : {'clip', 'window'}
        What a row is.

    Raises
    ------
    UserError
        With how many can be used, and the most frequent reason.
    """
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


def frames_of(
    config: Config,
    rows: Sequence[Mapping],
    folder: pathlib.Path,
    *,
    cut: Mapping[str, float] | None,
    jobs: int,
) -> Iterator:
    """Compute the frames of recordings in several processes; of windows, all of a recording.

    Parameters
    ----------
    config : Config
        All settings.
    rows : sequence of mapping
        Manifest rows.
    folder : pathlib.Path
        What their paths are relative to.
    cut : mapping of str to float or None
        window and hop, s, if they are to be cut.
    jobs : int > 0
        Processes.

    Yields
    ------
    tuple of (row, frames)
        As `pygoodvibes.audio.mel_cache.compute`, or `pygoodvibes.audio.stream.cut`.
    """
    compute = functools.partial(
        _compute,
        cut=cut,
        folder=folder,
        audio_settings=config.audio.model_dump(mode="json"),
        mel_settings=config.mel.model_dump(mode="json"),
    )
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


def with_cautions(model: MachineModel) -> MachineModel:
    """Write among the notes of each detector why not to trust its threshold."""
    notes = dict(model.provenance["notes"])
    for name in model.estimators:
        if np.isfinite(model.held_out[name]).any():
            caution = certainty.of(model, judge(model, detector=name)).caution
            notes[name] = [*notes[name], caution] if caution else notes[name]
    return dataclasses.replace(model, provenance={**model.provenance, "notes": notes})


def odd_lengths(rows: Sequence[Mapping]) -> list[str]:
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


def too_many_to_keep(model: MachineModel) -> Message:
    """Say that a model of so many clips keeps nothing of them."""
    return message(
        "{clips} clips are too many for the model to keep what a later fit takes of them: to add "
        "or exclude some, fit again to all",
        clips=model.training["clips"],
    )
