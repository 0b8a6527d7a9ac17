"""The command `pygoodvibes score`: verdicts on clips, folders, long recordings and streams."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pygoodvibes.cli.lines import SPOKEN, show
from pygoodvibes.cli.tally import Tally
from pygoodvibes.cli.told import note
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

ENDING = ".pgv"


def run(
    places: Sequence[str],
    *,
    model: Sequence[str],
    verify: str | None,
    detector: str | None,
    false_alarm_rate: float | None,
    threshold: float | None,
    csv: str | None,
    json: str | None,
    mqtt: str | None,
    watch: str | None,
    settle: float,
    window: float | None,
    hop: float | None,
    alarm: tuple[int, int] | None,
    stream_rate: int | None,
    order: str,
    run_length: int,
    jobs: int | None,
) -> int:
    """Score recordings with one model or several."""
    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring import score_files
    from pygoodvibes.monitoring.judge import judge
    from pygoodvibes.util import parallel

    paths = [*model, *(place for place in places if place.lower().endswith(ENDING))]
    clips = [place for place in places if not place.lower().endswith(ENDING)]
    stream = "-" in clips
    if not paths:
        raise UserError(
            "no model: name a file that ends in {ending}, or one with --model", ending=ENDING
        )
    if not clips and watch is None:
        raise UserError("nothing to score: name recordings, a folder, '-', or --watch FOLDER")
    if stream and (len(clips) > 1 or watch is not None):
        raise UserError("the stream '-' is scored alone, without other recordings")
    if csv == "-" and json == "-":
        raise UserError("standard output can take --csv or --json, not both")
    if None not in (csv, json) and os.path.realpath(csv) == os.path.realpath(json):
        raise UserError("{csv}: one file can take --csv or --json, not both", csv=csv)
    models = [machine_model.load(path, verify_with=verify) for path in paths]
    options = {"false_alarm_rate": false_alarm_rate, "limit": threshold}
    judges = [judge(model, detector=detector, **options) for model in models]
    panel = score_files.Panel(_named_apart(models, paths), judges)
    sliding = stream or any(option is not None for option in (window, hop, alarm))
    files = [] if stream else score_files.expand(clips)
    # what is there already when the watch begins is not new
    watching = _watch(watch, settle)

    if sliding:
        cut = _cut(panel, window, hop, alarm)
        sources = [("-", _stream(panel, stream_rate), {})] if stream else _files(panel, files)
        records = _windows(panel, sources, cut)
    else:
        cut = {}
        records = score_files.score_clips(panel, files, jobs=jobs or parallel.cores())
    if watching:
        charts = None if cut else _charts(panel, csv, json, run_length=run_length)
        records = _then(records, _watched(panel, watching, cut, charts))
    endless = stream or watch is not None
    if order == "score" and not endless and not sliding:
        records = score_files.by_score(records)
    records = _with_cautions(records, panel, endless=endless)
    with contextlib.ExitStack() as stack:
        outputs = _outputs(
            stack, panel, csv=csv, json=json, files=files, endless=endless, windows=sliding
        )
        if mqtt is not None:
            from pygoodvibes.monitoring.mqtt import Mqtt

            outputs[mqtt] = Mqtt(mqtt)
        return _finish(records, outputs, endless=endless, windows=sliding)


def _named_apart(models: Sequence, paths: Sequence[str]) -> list:
    """Name models of one name after their files, so that records can be told apart."""
    import dataclasses

    names = [model.name for model in models]
    return [
        model if names.count(model.name) == 1 else dataclasses.replace(model, name=str(path))
        for model, path in zip(models, paths, strict=True)
    ]


def _watch(folder: str | None, settle: float):
    if folder is None:
        return None
    from pygoodvibes.monitoring.watch import Watch

    watching = Watch(folder, settle=settle)
    _say(message("Watching {folder} for new recordings; Ctrl-C ends.", folder=folder))
    return watching


def _cut(panel, window: float | None, hop: float | None, alarm: tuple[int, int] | None) -> dict:
    """Return the settings of the windows, with what isn't given."""
    panel.check_windows()
    window = panel.models[0].window_seconds if window is None else window
    hop = window / 2 if hop is None else hop
    if hop > window:
        raise UserError(
            "--hop {hop:g}: longer than a window ({window:g} s), what lies between is not heard",
            hop=hop,
            window=window,
        )
    return {"window": window, "hop": hop, "alarm": alarm or (3, 5)}


def _stream(panel, rate: int | None) -> Iterator:
    from pygoodvibes.audio.stream import stream_blocks

    wanted = panel.models[0].sample_rate
    if rate is not None and rate != wanted:
        raise UserError(
            "--stream-rate {rate}: the model is for {wanted} Hz; record at that rate",
            rate=rate,
            wanted=wanted,
        )
    channel = panel.models[0].settings["audio"]["channel"]
    return stream_blocks(sys.stdin.buffer, sample_rate=wanted, channel=channel)


def _files(panel, files: Iterable[str]) -> Iterator[tuple[str, Iterator, Mapping]]:
    from pygoodvibes.monitoring.score_files import recording_blocks, storage_of

    for path in files:
        yield path, recording_blocks(path, panel.models[0].settings["audio"]), storage_of(path)


def _windows(panel, sources: Iterable, cut: dict, *, alarms: list | None = None) -> Iterator[list]:
    """Score recordings, each with alarms of its own unless those of the one before are given."""
    from pygoodvibes.monitoring import score_files

    size = {key: cut[key] for key in ("window", "hop")}
    for name, blocks, stored in sources:
        bells = _alarms(panel, cut) if alarms is None else alarms
        yield from score_files.score_windows(
            panel, name, blocks, **size, alarms=bells, followed=alarms is not None, stored=stored
        )


def _alarms(panel, cut: dict) -> list:
    from pygoodvibes.monitoring.alarm import Alarm

    return [Alarm(*cut["alarm"]) for _ in panel.models]


def _charts(panel, *logs: str | None, run_length: int) -> list:
    """Return the control charts of the models, which go on from the log of an earlier watch."""
    from pygoodvibes.monitoring.drift import Drift, charted
    from pygoodvibes.monitoring.score_log import read_log

    pairs = zip(panel.models, panel.judges, strict=True)
    charts = [Drift(*pair, run_length=run_length) for pair in pairs]
    log = next((log for log in logs if log and os.path.isfile(log)), None)  # noqa: PTH113
    records = []
    if log:
        with contextlib.suppress(UserError):  # opening it to write says why it is no log
            records = read_log(log)
    for chart in charts:
        if earlier := chart.own(records):
            charted(chart, earlier)
            said = "The control chart goes on from {log}: {clips} clip(s)."
            _say(message(said, log=log, clips=len(earlier)))
        if chart.needs:
            _say(note(chart.needs))
    return charts


def _watched(panel, watching, cut: dict, charts: list | None) -> Iterator[list]:
    from pygoodvibes.monitoring.score_files import timed

    alarms = _alarms(panel, cut) if cut else None
    for path in watching.run(say=_say):
        if cut:
            # what arrives is one machine going on: its alarm goes on as well
            yield from _windows(panel, _files(panel, [str(path)]), cut, alarms=alarms)
        else:
            [records] = panel.judge_clips([str(path)])
            pairs = zip(charts, timed(records), strict=True)
            yield [chart.update(record) for chart, record in pairs]


def _with_cautions(all_records: Iterable[list], panel, *, endless: bool) -> Iterator[list]:
    """Hand records on, and say on standard error why not to trust them: at the end, if any."""
    from pygoodvibes.monitoring import certainty
    from pygoodvibes.monitoring.other_machine import of_others
    from pygoodvibes.util.messages import templates

    pairs = list(zip(panel.models, panel.judges, strict=True))
    cautions = [_of_model(*pair, sure) for pair in pairs if (sure := certainty.of(*pair)).caution]
    if endless:
        _caution(cautions)
    # one caution for each thing that makes a score unfair
    unfair: dict[tuple, list] = {}
    clips: dict[str, None] = {}  # of windows, one recording gives many records
    told = False
    for records in all_records:
        clip = records[0].clip
        if endless and not told and clip not in clips:
            told = _note(of_others(panel.models, [clip]))
        clips[clip] = None
        for each in records:
            if not each.reason or each.verdict == "not scored":
                continue
            alike = unfair.setdefault(templates(each.reason), [])
            if endless and not alike:
                _caution([_unfair([each])])
            if not alike or alike[-1].clip != each.clip:
                alike.append(each)
        yield records
    if endless:
        return
    _note(of_others(panel.models, clips))
    _caution([*cautions, *map(_unfair, unfair.values())])


def _of_model(model, judging, sure) -> Message:
    """Say why not to trust a model's verdicts: in a line to who sees it at every run."""
    if sys.stderr.isatty() and not sure.meaningless:
        return message("{name}: {caution}", name=model.name, caution=sure.caution_in_a_line)
    return message(
        "{name}, {detector}: {caution}",
        name=model.name,
        detector=judging.detector,
        caution=sure.caution,
    )


def _unfair(records: Sequence) -> str:
    """Say of scored clips, one record each, why their scores are unfair and what to do about it."""
    from pygoodvibes.monitoring import certainty

    first = records[0]
    more = message(" (so it is with {clips} clips)", clips=len(records)) if len(records) > 1 else ""
    said = {"clip": first.clip, "reason": first.reason, "more": more}
    advice = certainty.advice(first.reason)
    if not advice:
        return message("{clip}: {reason}{more}", **said)
    return message("{clip}: {reason}{more}; {advice}", advice=advice, **said)


def _note(notes: Sequence[str]) -> bool:
    """Say notes; return whether there are any."""
    for text in notes:
        _say(note(text))
    return bool(notes)


def _caution(cautions: Iterable[str]) -> None:
    for caution in cautions:
        _say(message("Caution: {caution}", caution=caution))


def _say(text: str) -> None:
    show(text, file=sys.stderr)


def _then(first: Iterable, second: Iterable) -> Iterator:
    yield from first
    yield from second


def _outputs(
    stack: contextlib.ExitStack,
    panel,
    *,
    csv: str | None,
    json: str | None,
    files: Sequence[str],
    endless: bool,
    windows: bool,
) -> dict:
    """Return what takes the records, by what it is called in messages."""
    from pygoodvibes.monitoring.output import Csv, Json, JsonLines, Text, open_target

    def opened(path: str, begins) -> tuple:
        if path == "-":
            if hasattr(sys.stdout, "reconfigure"):
                sys.stdout.reconfigure(encoding="utf-8")  # for programs, whatever the terminal has
            return sys.stdout, False
        file, added = open_target(path, begins=begins if endless else None)
        stack.callback(_close, file)
        return file, added

    outputs = {}
    if csv is not None:
        file, added = opened(csv, Csv.begins)
        with _writing(_called(csv)):
            outputs[_called(csv)] = Csv(file, added=added)
    if json is not None:
        file, _ = opened(json, JsonLines.begins)
        outputs[_called(json)] = (
            JsonLines(file) if endless else Json(file, panel.models, panel.judges)
        )
    if "-" not in (csv, json):
        names = [model.name for model in panel.models]
        outputs[_called("-")] = Text(
            sys.stdout, clips=files, models=names, windows=windows, language=SPOKEN.get()
        )
    return outputs


def _called(path: str) -> str:
    return "standard output" if path == "-" else path


def _close(file) -> None:
    # all that could be written was flushed; the rest of what could not be is lost, as was said
    with contextlib.suppress(OSError):
        file.close()


def _finish(all_records: Iterable[list], outputs: Mapping, *, endless: bool, windows: bool) -> int:
    """Write all records; return the exit code. Ctrl-C and SIGTERM end it in good order."""
    tally, before = Tally(windows=windows), None
    with contextlib.suppress(ValueError):  # not the main thread: nobody sends it signals
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for records in all_records:
            tally.add(records)
            for name, output in outputs.items():
                with _writing(name):
                    for record in records:
                        output.write(record)
    except KeyboardInterrupt:
        if not endless:
            raise
    except UserError:
        if endless:
            _say(tally.said())
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    for name, output in outputs.items():
        with _writing(name):
            output.close()
    if endless or tally.several:
        _say(tally.said())
    return tally.code


@contextlib.contextmanager
def _writing(name: str) -> Iterator[None]:
    """Say what can't be written, for example to a full disk."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=name, reason=error.strerror
        ) from None
