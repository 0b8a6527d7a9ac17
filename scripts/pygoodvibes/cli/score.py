"""The command `pygoodvibes score`: verdicts on clips, folders, long recordings and streams."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pygoodvibes.cli import options as cli_options
from pygoodvibes.cli.lines import SPOKEN, show
from pygoodvibes.cli.options import (
    add_jobs,
    add_run_length,
    finite,
    k_of_n,
    not_negative,
    positive,
    share,
)
from pygoodvibes.cli.tally import Tally
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

ENDING = ".pgv"

EPILOG = message(
    """\
examples:
  pygoodvibes score pump.pgv new.wav                    score, threshold, verdict
  pygoodvibes score pump.pgv today/ --csv scores.csv    all recordings below a folder
  pygoodvibes score pump-1.pgv pump-2.pgv new.wav       several models at once
  pygoodvibes score pump.pgv today/ --false-alarm-rate 0.01
  pygoodvibes score pump.pgv --watch incoming/          new recordings as they arrive; Ctrl-C ends
  pygoodvibes score pump.pgv night.wav --window 10 --hop 5 --alarm 3/5
  arecord -t raw -f S16_LE -r 16000 -c 1 | pygoodvibes score pump.pgv -

Arguments that end in .pgv are models, all others recordings or folders of them; '-' is a stream on
standard input, of raw samples (PCM, 16 bit, little-endian, one channel) or a WAV of 16 bit.

A clip is anomalous if its score lies above the threshold, which is set on scores of the training
clips for the false-alarm rate (0.05 or 5%). It is undecided if the training clips are too few to
tell; a caution on standard error says how many more it takes. The column 'normal clips as high'
('as high' on a narrow terminal) says how many normal clips are expected to score at least as high:
'1 in 13' is one of 13.

The most anomalous clip comes first, and what can't be scored last; --order name keeps the order of
names. Windows stay in the order of time, recordings of a watched folder in that of their arrival.

--window, --hop and --alarm score a recording in sliding windows. The alarm K/N goes on when at
least K of the last N windows are anomalous, and off when fewer than half of K are. Samples left at
the end make a last window that ends with them. A window has the length of the training clips by
default, and the next one starts half a window later. A recording of fewer than K windows rings the
alarm at its end if all of them are anomalous. With --watch the alarm goes on from one recording to
the next, in the order in which they come.

A clip or window more than a fifth shorter or longer than the training clips has no fair score, nor
has one that is recorded or stored otherwise (level, bandwidth, noise, clipping, codec, channels):
its `reason` says so. A threshold that rests on few training clips is told on standard error, and in
the JSON document as `caution`, with `false_alarm_interval`, the share of normal clips that will lie
above it (90 % interval), and `needed_clips`, how many more normal clips would do.

What is odd about a clip that is not normal stands at the end of its line, and as `odd`, in the
words of vibration analysis, where evidence carries any: about 5 % of normal clips get a word, too.

With --watch, a control chart tells when scores have moved for good, since when, and whether the
recording has changed with them (drift --help). It goes on from the file of --csv or --json. Windows
have none.

CSV columns and JSON keys: clip, model, detector, start, seconds, score, threshold, verdict,
p_value, alarm, odd, reason, time, level, ewma, drift. JSON is one document with `models` and
`clips`; for a stream or a watched folder it is a line a record, and both --csv and --json add to
the file of an earlier run.
Otherwise they write it anew; recordings, models and files that are no text are never overwritten.

exit code: 0 all normal; 3 something anomalous (with windows: an alarm); 4 nothing anomalous, but
something is undecided or could not be scored; 1 an error; 2 wrong usage.
"""
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "path",
        metavar="MODEL_OR_CLIPS",
        nargs="*",
        help=message("models (.pgv), recordings, folders, '-'"),
    )
    parser.add_argument(
        "--model", metavar="FILE", action="append", default=[], help=message("a model by any name")
    )
    parser.add_argument(
        "--verify",
        metavar="KEY.pub",
        help=message("take only models signed with this key (sign --help)"),
    )
    parser.add_argument("--detector", metavar="NAME", help=message("default: the model's first"))
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--false-alarm-rate",
        metavar="R",
        type=share,
        help=message("share of normal clips expected above the threshold (default: the model's)"),
    )
    limit.add_argument(
        "--threshold",
        metavar="SCORE",
        type=finite,
        help=message("the threshold itself, the same for all"),
    )
    parser.add_argument("--csv", metavar="FILE", help=message("CSV; '-' is standard output"))
    parser.add_argument("--json", metavar="FILE", help=message("JSON; '-' is standard output"))
    parser.add_argument(
        "--mqtt",
        metavar="ADDRESS",
        help=message("also to a broker, such as mqtt://localhost/plant"),
    )
    parser.add_argument(
        "--watch", metavar="FOLDER", help=message("wait for new recordings in a folder")
    )
    parser.add_argument(
        "--settle",
        metavar="SECONDS",
        type=not_negative,
        default=2.0,
        help=message(
            "with --watch: a recording is complete when unchanged for so long (default: 2)"
        ),
    )
    parser.add_argument(
        "--window", metavar="SECONDS", type=positive, help=message("length of a window")
    )
    parser.add_argument(
        "--hop", metavar="SECONDS", type=positive, help=message("from window to window")
    )
    parser.add_argument(
        "--alarm",
        metavar="K/N",
        type=k_of_n,
        help=message("k of the last n windows (default: 3/5)"),
    )
    parser.add_argument(
        "--stream-rate",
        metavar="HZ",
        type=cli_options.count,
        help=message("sample rate of '-' (default: the model's)"),
    )
    parser.add_argument(
        "--order",
        choices=("score", "name"),
        default="score",
        help=message("of whole clips: the most anomalous first, or by name (default: score)"),
    )
    add_run_length(parser)
    add_jobs(parser)


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
            _say(message("Note: {note}", note=chart.needs))
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
    from pygoodvibes.util.messages import templates

    cautions = [
        message(
            "{name}, {detector}: {caution}",
            name=model.name,
            detector=judging.detector,
            caution=caution,
        )
        for model, judging in zip(panel.models, panel.judges, strict=True)
        if (caution := certainty.of(model, judging).caution)
    ]
    if endless:
        _caution(cautions)
    # one caution for each thing that makes a score unfair
    unfair: dict[tuple, list] = {}
    for records in all_records:
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
    _caution([*cautions, *map(_unfair, unfair.values())])


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
