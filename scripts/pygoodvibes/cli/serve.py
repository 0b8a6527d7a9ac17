"""The command `pygoodvibes serve`: verdicts over HTTP, for a plant's system that asks."""

import argparse
import os
import pathlib
from collections.abc import Sequence

from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.cli.options import count, positive, share
from pygoodvibes.util.errors import UserError

TOKEN = "PYGOODVIBES_TOKEN"
"""Environment variable with the token: arguments can be seen by all on a machine."""

SHORTEST_TOKEN = 16

EPILOG = f"""\
examples:
  pygoodvibes serve pump.pgv                            at http://127.0.0.1:8750
  pygoodvibes serve pump.pgv fan.pgv --port 9000
  curl --data-binary @new.wav http://127.0.0.1:8750/score/pump_id_00
  {TOKEN}=$(cat token) pygoodvibes serve pump.pgv --host 0.0.0.0

addresses:
  POST /score/MODEL   the verdict of one model on the clip in the body
  POST /score         those of all models; ?name=new.wav names the clip
  GET /models         the models, with threshold, false-alarm interval and caution
  GET /health         whether it answers
  GET /metrics        counters, for Prometheus

An answer is the document of `pygoodvibes score --json`. What is wrong is a sentence (`detail`) with
a status code: 400 an empty body, 401 no token, 404 no such model, 413 too large or too long, 415 a
form, 422 a clip that can't be scored, 503 too many clips at a time.

Only this machine can ask, unless {TOKEN} holds a token of {SHORTEST_TOKEN} characters or more: then
--host may be another address, and every request but /health needs the header 'Authorization:
Bearer TOKEN'. There is no TLS: put a proxy in front of it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument("path", metavar="MODEL", nargs="+", help="models (.pgv), by their names")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: %(default)s)"
    )
    parser.add_argument("--port", type=count, default=8750, help="port (default: %(default)s)")
    parser.add_argument(
        "--most-mb",
        metavar="MB",
        type=positive,
        default=32.0,
        help="largest clip that is taken (default: 32)",
    )
    parser.add_argument(
        "--verify", metavar="KEY.pub", help="take only models signed with this key (sign --help)"
    )
    parser.add_argument("--detector", metavar="NAME", help="default: the model's first")
    parser.add_argument(
        "--false-alarm-rate",
        metavar="R",
        type=share,
        help="share of normal clips expected above the threshold (default: the model's)",
    )
    parser.add_argument(
        "--jobs", metavar="N", type=count, help="clips at a time (default: one a core)"
    )


def run(
    paths: Sequence[str],
    *,
    host: str,
    port: int,
    most_mb: float,
    verify: str | None,
    detector: str | None,
    false_alarm_rate: float | None,
    jobs: int | None,
) -> int:
    """Serve models until Ctrl-C; return the exit code."""
    token = token_for(host)
    import uvicorn

    from pygoodvibes.models import machine_model
    from pygoodvibes.monitoring import serve
    from pygoodvibes.monitoring.judge import judge
    from pygoodvibes.util import parallel

    models = [machine_model.load(pathlib.Path(path), verify_with=verify) for path in paths]
    serve.check_models(models, paths)
    judges = [
        judge(model, detector=detector, false_alarm_rate=false_alarm_rate) for model in models
    ]
    app = serve.make_app(
        models,
        judges,
        most_bytes=round(most_mb * 1e6),
        jobs=jobs or parallel.cores(),
        token=token,
    )
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False
    )
    try:
        socket = config.bind_socket()
    except SystemExit:  # after a line of uvicorn's own that says why
        raise UserError("can't listen at {host}:{port}", host=host, port=port) from None
    shown = f"[{host}]" if ":" in host else host
    names = ", ".join(model.name for model in models)
    print(f"Serving {names} at http://{shown}:{port}; Ctrl-C ends.", flush=True)
    with socket:
        uvicorn.Server(config).run(sockets=[socket])
    return 0


def token_for(host: str) -> str | None:
    """Return the token that requests need, None if only this machine can ask and none is set.

    Raises
    ------
    UserError
        If others could ask without one, or it is too short.
    """
    token = os.environ.get(TOKEN)
    if not token:
        if host in ("127.0.0.1", "localhost", "::1"):
            return None
        raise UserError(
            "--host {host}: others could ask, too; set a token in the environment variable "
            "{variable} first",
            host=host,
            variable=TOKEN,
        )
    if len(token) < SHORTEST_TOKEN or not token.isascii() or any(map(str.isspace, token)):
        raise UserError(
            "{variable}: a token has {least} characters or more, no spaces, for example that of "
            "'openssl rand -hex 16'",
            variable=TOKEN,
            least=SHORTEST_TOKEN,
        )
    return token
