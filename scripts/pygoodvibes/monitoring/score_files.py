"""Many clips, several models: one record for each clip and model, a clip without a score included.

Here single recordings are scored as clips, in several processes, or cut into windows with an alarm.
"""

import dataclasses
import datetime
import functools
import json
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.condition import stored_as
from pygoodvibes.audio.microphones import heard
from pygoodvibes.audio.read import TOO_LARGE
from pygoodvibes.audio.stream import file_blocks, sliding
from pygoodvibes.audio.usable import check_signal
from pygoodvibes.data.audio_files import check_any_read, check_read, find_audio
from pygoodvibes.detection.certainty import ANOMALOUS, NORMAL, UNDECIDED, Certainty
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.alarm import Alarm
from pygoodvibes.monitoring.judge import NOT_SCORED, Judge
from pygoodvibes.monitoring.score_clip import (
    check_score,
    features,
    read_clip,
    read_detector,
    score_features,
)
from pygoodvibes.monitoring.what_is_odd import what_is_odd
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import templates
from pygoodvibes.util.parallel import map_chunks


@dataclasses.dataclass(frozen=True)
class Record:
    """What a model says of a clip, or of a window of a recording.

    Attributes
    ----------
    clip : str
        The file, as it was named.
    model, detector : str
        Who says it.
    start : float or None
        Start of the window, s; None for a whole clip.
    seconds : float or None
        Duration of the clip or window, s.
    score, threshold : float or None
        Too odd if the score lies above the threshold.
    verdict : str
        'normal', 'anomalous', 'undecided' or 'not scored'.
    p_value : float or None
        Share of normal clips expected to score at least as high.
    alarm : bool or None
        Whether the alarm is on after this window; None for a whole clip.
    odd : str
        What is odd about a clip that is not normal, in words, where evidence carries any.
    reason : str
        Why it is not scored; with a score, what makes it an unfair one (for windows: said once).
    time : str
        When the file was last changed, UTC; '' if it is no file, or was posted.
    level : float or None
        By how many dB it is louder than the training clips at all frequencies, if that is known.
    ewma : float or None
        The control chart of scores after this clip, in a watched folder.
    drift : str
        What the control chart says that it has not said before.
    """

    clip: str
    model: str
    detector: str
    start: float | None = None
    seconds: float | None = None
    score: float | None = None
    threshold: float | None = None
    verdict: str = NOT_SCORED
    p_value: float | None = None
    alarm: bool | None = None
    odd: str = ""
    reason: str = ""
    time: str = ""
    level: float | None = None
    ewma: float | None = None
    drift: str = ""

    @property
    def bad(self) -> bool:
        """Return whether somebody should look: an alarm; where there is none, an anomalous clip."""
        return self.verdict == ANOMALOUS if self.alarm is None else self.alarm


@dataclasses.dataclass(frozen=True)
class Panel:
    """Models that judge the same clips, each with what turns its scores into verdicts."""

    models: Sequence[MachineModel]
    judges: Sequence[Judge]

    @functools.cached_property
    def _certainties(self) -> list[Certainty]:
        return list(map(certainty.of, self.models, self.judges))

    def unscored(self, clip: str, reason: str, **values) -> list[Record]:
        """Return one record a model for a clip that none can score."""
        return [
            Record(clip, model.name, judging.detector, reason=reason, **values)
            for model, judging in zip(self.models, self.judges, strict=True)
        ]

    def judge_clips(self, clips: Sequence[str]) -> list[list[Record]]:
        """Score audio files: for each its records, one a model."""
        rows = []
        for clip in clips:
            signals: dict[str, np.ndarray | str] = {}
            for model in self.models:
                key = json.dumps(model.settings["audio"])
                if key not in signals:
                    signals[key] = _or_reason(read_clip, clip, model.settings)
            rows.append([signals[json.dumps(model.settings["audio"])] for model in self.models])
        return self._judge(list(clips), rows, list(map(storage_of, clips)))

    def check_windows(self) -> None:
        """Refuse models that don't hear the same of a recording.

        Raises
        ------
        UserError
            If they have several sample rates or channels.
        """
        rates = sorted({model.sample_rate for model in self.models})
        if len(rates) > 1:
            names = ", ".join(f"{rate} Hz" for rate in rates)
            raise UserError(
                "windows are cut for models of one sample rate; these have {names}", names=names
            )
        channels = sorted({str(model.settings["audio"]["channel"]) for model in self.models})
        if len(channels) > 1:
            raise UserError(
                "windows are cut for models of one audio.channel; these have {names}",
                names=", ".join(channels),
            )

    def judge_window(
        self,
        clip: str,
        start: float,
        signal: np.ndarray,
        stored: Mapping[str, object] | None = None,
    ) -> list[Record]:
        """Score samples that all models can take: one record a model, without an alarm.

        Parameters
        ----------
        clip : str
            The recording.
        start : float
            Where the window starts, s.
        signal : np.ndarray [shape=(n_samples,)]
            Amplitude.
        stored : mapping, optional
            From `pygoodvibes.audio.condition.stored_as`.
        """
        reason = _or_reason(check_signal, signal)
        row = [reason or signal] * len(self.models) if isinstance(reason, str) else None
        row = row or [signal] * len(self.models)
        records = self._judge([clip], [row], [stored or {}])[0]
        return [dataclasses.replace(record, start=start) for record in records]

    def _judge(
        self,
        clips: Sequence[str],
        rows: Sequence[Sequence[np.ndarray | str]],
        stored: Sequence[Mapping[str, object]],
    ) -> list[list[Record]]:
        """Turn signals, or reasons why there are none, of each clip and model into records."""
        seen = [_Features() for _ in clips]
        columns = []
        judged_by = zip(self.models, self.judges, self._certainties, strict=True)
        for number, (model, judging, sure) in enumerate(judged_by):
            inputs = [
                signal if isinstance(signal := row[number], str) else known.of(signal, model)
                for row, known in zip(rows, seen, strict=True)
            ]
            scored = [index for index, content in enumerate(inputs) if not isinstance(content, str)]
            column = [
                Record(clip, model.name, judging.detector, reason=content)
                if isinstance(content, str)
                else None
                for clip, content in zip(clips, inputs, strict=True)
            ]
            if scored:
                frames, vectors = zip(*(inputs[index] for index in scored), strict=True)
                scores = score_features(model, judging.detector, vectors, frames)
                for index, score in zip(scored, scores.tolist(), strict=True):
                    if reason := _or_reason(check_score, score):
                        column[index] = Record(
                            clips[index], model.name, judging.detector, reason=reason
                        )
                        continue
                    signal = rows[index][number]
                    verdict = sure.verdict(judging.is_above(score))
                    condition = certainty.condition_of(signal, stored[index])
                    column[index] = Record(
                        clips[index],
                        model.name,
                        judging.detector,
                        seconds=len(signal) / model.sample_rate,
                        score=score,
                        threshold=judging.threshold,
                        verdict=verdict,
                        p_value=judging.p_value(score),
                        odd="" if verdict == NORMAL else what_is_odd(model, signal),
                        reason=certainty.why_unfair(model, signal, condition),
                        level=certainty.level(model, condition),
                    )
            columns.append(column)
        return [list(records) for records in zip(*columns, strict=True)]


class _Features:
    """Features of one clip, computed once for models with the same settings."""

    def __init__(self):
        self._known: dict[str, tuple | str] = {}

    def of(self, signal: np.ndarray, model: MachineModel) -> tuple | str:
        settings = [model.settings[name] for name in ("audio", "mel", "embedding")]
        key = json.dumps([*settings, model.encoder and model.encoder.sha256])
        if key not in self._known:
            self._known[key] = _or_reason(features, signal, model.settings, model.encoder)
        return self._known[key]


def _or_reason(function, *arguments):
    """Call a function; return instead why the clip is of no use."""
    try:
        return function(*arguments)
    except UserError as error:
        return error.message
    except MemoryError:
        return TOO_LARGE


def storage_of(path: str) -> Mapping[str, object]:
    """Say how a recording stores its samples, {} if it can't be read: scoring it says why."""
    try:
        return stored_as(path)
    except (UserError, MemoryError):
        return {}


def changed_at(path: str) -> str:
    """Say when a file was last changed: UTC, as 2026-05-01T06:00:00Z; '' if it is no file."""
    place = pathlib.Path(path)
    try:
        if not place.is_file():
            return ""
        changed = datetime.datetime.fromtimestamp(place.stat().st_mtime, datetime.UTC)
    except (OSError, OverflowError, ValueError):  # gone, or of a year that is none
        return ""
    return changed.strftime("%Y-%m-%dT%H:%M:%SZ")


def timed(records: Iterable[Record]) -> list[Record]:
    """Return records of files with the times of these."""
    return [dataclasses.replace(record, time=changed_at(record.clip)) for record in records]


def score_clips(panel: Panel, clips: Sequence[str], *, jobs: int) -> Iterator[list[Record]]:
    """Score audio files, in several processes, in the order given.

    Parameters
    ----------
    panel : Panel
        The models.
    clips : sequence of str
        The files.
    jobs : int > 0
        Processes.

    Yields
    ------
    list of Record
        One a model, clip by clip.
    """
    # read before processes start, so that each has it
    for model, judging in zip(panel.models, panel.judges, strict=True):
        read_detector(model, judging.detector)
    yield from map(timed, map_chunks(panel.judge_clips, clips, jobs=jobs))


_RANKS = {ANOMALOUS: 0, UNDECIDED: 1, NORMAL: 2, NOT_SCORED: 3}


def by_score(all_records: Iterable[list[Record]]) -> Iterator[list[Record]]:
    """Sort clips, the most anomalous first.

    Parameters
    ----------
    all_records : iterable of list of Record
        One a model, clip by clip. If it is stopped by Ctrl-C or an error, those that it gave come
        first.

    Yields
    ------
    list of Record
        Anomalous clips, then undecided, normal and unscored ones; of each the highest score of any
        model first, and clips of one score in the order given.
    """

    def key(records: list[Record]) -> tuple[int, float]:
        scores = [record.score for record in records if record.score is not None]
        return min(_RANKS[record.verdict] for record in records), -max(scores, default=-np.inf)

    gathered, stopped = [], None
    try:
        for records in all_records:
            gathered.append(records)
    except (KeyboardInterrupt, UserError) as error:
        stopped = error
    yield from sorted(gathered, key=key)
    if stopped:
        raise stopped


def score_windows(
    panel: Panel,
    clip: str,
    blocks: Iterable[np.ndarray],
    *,
    window: float,
    hop: float,
    alarms: Sequence[Alarm],
    followed: bool = False,
    stored: Mapping[str, object] | None = None,
) -> Iterator[list[Record]]:
    """Score a long recording or a stream in sliding windows.

    Parameters
    ----------
    panel : Panel
        Models of one sample rate and of one channel.
    clip : str
        What the records call it.
    blocks : iterable of np.ndarray [shape=(n,) or (n, 2)]
        Its samples, as `pygoodvibes.audio.stream.file_blocks` yields them.
    window, hop : float > 0
        Seconds of a window, and from one to the next.
    alarms : sequence of pygoodvibes.monitoring.alarm.Alarm
        One a model, as the windows before have left them, and as these will. Windows without a
        score leave them as they are.
    followed : bool
        Whether another recording goes on where this one ends. If none does, and fewer windows than
        the alarm asks for could be scored, it goes on at the end if all of them are anomalous.
    stored : mapping, optional
        From `storage_of`, if it is a file.

    Yields
    ------
    list of Record
        One a model, window by window; a recording that can't be read ends with its reason.
    """
    [rate] = {model.sample_rate for model in panel.models}
    channel = panel.models[0].settings["audio"]["channel"]
    size, step = max(1, round(window * rate)), max(1, round(hop * rate))
    scored, told, held = False, set(), None
    try:
        for first, signal in sliding(blocks, window=size, hop=step):
            if held:
                yield held
            scored, held = True, None
            mixed = heard(signal, channel, rate)
            records = panel.judge_window(clip, first / rate, mixed, stored)
            new = {_said(record) for record in records if record.verdict != NOT_SCORED}
            records = [
                dataclasses.replace(record, reason="")
                if record.verdict != NOT_SCORED and _said(record) in told
                else record
                for record in records
            ]
            told |= new
            records = [
                dataclasses.replace(
                    record,
                    seconds=size / rate,
                    alarm=bell.on
                    if record.verdict == NOT_SCORED
                    else bell.update(record.verdict == ANOMALOUS),
                )
                for record, bell in zip(records, alarms, strict=True)
            ]
            if not followed and any(bell.undecided for bell in alarms):
                held = records  # until it is known whether this window is the last
            else:
                yield records
    except KeyboardInterrupt:
        if held:
            yield _ended(held, alarms)
        raise
    except UserError as error:
        if held:
            yield _ended(held, alarms)
        yield panel.unscored(clip, error.message)
        return
    if held:
        yield _ended(held, alarms)
    if not scored:
        yield panel.unscored(clip, f"shorter than a window ({window:g} s)")


def _said(record: Record) -> tuple[str, ...]:
    """Return what a record says, without amounts: these differ from window to window."""
    return (record.model, *templates(record.reason))


def _ended(records: Sequence[Record], alarms: Sequence[Alarm]) -> list[Record]:
    """Return the records of a window that has turned out to be the last."""
    return [
        dataclasses.replace(record, alarm=bell.on or bell.undecided)
        for record, bell in zip(records, alarms, strict=True)
    ]


def recording_blocks(path: str, settings: Mapping) -> Iterator[np.ndarray]:
    """Read a recording block by block, unless it is of a kind that is not read.

    Parameters and what is yielded or raised are as in `pygoodvibes.audio.stream.file_blocks`.
    """
    check_read(path)
    yield from file_blocks(path, settings)


def expand(places: Iterable[str]) -> list[str]:
    """Return the files that are meant: files as they are, folders by the audio below them.

    Audio of a kind that is not read is among them: reading it says why.

    Raises
    ------
    UserError
        If a folder holds no recording that is read.
    """
    files = []
    for place in places:
        if pathlib.Path(place).is_dir():
            paths = find_audio(place)
            check_any_read(place, paths)
            files += [str(pathlib.Path(place, path)) for path in paths]
        else:
            files.append(place)
    return files
