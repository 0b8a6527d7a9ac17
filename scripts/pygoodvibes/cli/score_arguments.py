"""What may stand behind `pygoodvibes score`, and what its help says."""

import argparse

from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.cli.options import (
    add_jobs,
    add_run_length,
    count,
    finite,
    k_of_n,
    not_negative,
    positive,
    share,
)
from pygoodvibes.util.messages import message

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
tell; a caution on standard error says so: on a terminal in a line, else in full, with how many more
it takes, as `fit` and the JSON document do. The column 'normal clips as high'
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
    parser.formatter_class = Paragraphs
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
        type=count,
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
