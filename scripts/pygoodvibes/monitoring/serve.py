"""Verdicts over HTTP: clips come in as the bodies of requests, what models say of them goes out.

An answer is the document that `pygoodvibes score --json` writes. A clip comes from anybody who can
reach the port: its size and length have limits, the name it is given is never that of a file, and
what is wrong with it is a sentence with a status code.
"""

import asyncio
import contextlib
import dataclasses
import functools
import hmac
import io
import pathlib
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pygoodvibes.audio.read import inspect_audio
from pygoodvibes.data.audio_files import is_audio
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.judge import NOT_SCORED, Judge
from pygoodvibes.monitoring.metrics import Metrics
from pygoodvibes.monitoring.output import Json
from pygoodvibes.monitoring.score_clip import read_detector
from pygoodvibes.monitoring.score_files import Panel, Record
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message, printable

LONGEST = 600.0
"""Seconds of a clip that is scored: few bytes can hold hours of silence."""

WAITING = 32
"""Requests with a clip that may be under way at a time, those that wait for a core included."""

PATIENCE = 60.0
"""Seconds that the body of a request may take to come."""

HEARD_OUT = 2.0
"""Seconds for which a body that is too large is passed over before it is said so."""

LOCAL = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
"""How a request names this machine if nobody else can have asked."""

_LONGEST_NAME = 200


def make_app(
    models: Sequence[MachineModel],
    judges: Sequence[Judge],
    *,
    most_bytes: int,
    jobs: int,
    token: str | None = None,
) -> FastAPI:
    """Return the application that answers requests with the verdicts of models.

    Parameters
    ----------
    models : sequence of MachineModel
        Names are their addresses; no two may be the same.
    judges : sequence of Judge
        One a model.
    most_bytes : int > 0
        Largest body of a request.
    jobs : int > 0
        Clips that are scored at a time.
    token : str, optional
        What every request but that for /health must carry. Without it only requests to a name of
        this machine are answered, so that no page of a browser can lend itself another.

    Returns
    -------
    fastapi.FastAPI
        POST /score and /score/{model}, GET /models, /health and /metrics.
    """
    panels = {
        model.name: Panel([model], [judging]) for model, judging in zip(models, judges, strict=True)
    }
    for model, judging in zip(models, judges, strict=True):
        read_detector(model, judging.detector)
    together = Panel(models, judges)
    served = _Served(most_bytes=most_bytes, jobs=jobs, metrics=Metrics(models, judges))
    # its pages of documentation would load scripts from elsewhere
    app = FastAPI(title="PyGoodVibes", docs_url=None, redoc_url=None)
    _check_asker(app, token)
    _answer_errors(app, served.metrics)

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok", "models": list(panels)}

    @app.get("/models")
    async def describe() -> Response:
        return _document(together, [])

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(served.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @app.post("/score")
    async def score_by_all(request: Request, name: str = "clip.wav") -> Response:
        return await served.answer(together, request, name)

    @app.post("/score/{model}")
    async def score_by_one(model: str, request: Request, name: str = "clip.wav") -> Response:
        if model not in panels:
            known = ", ".join(panels)
            said = message("no model {model!r}; there are {known}", model=model, known=known)
            raise HTTPException(404, said)
        return await served.answer(panels[model], request, name)

    return app


def _answer_errors(app: FastAPI, metrics: Metrics) -> None:
    """Answer what goes wrong with a sentence."""

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        detail = printable(str(error.detail))
        return JSONResponse({"detail": detail}, error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def failed(*_) -> Response:
        # the log has what went wrong: it is none of the asker's business
        return JSONResponse({"detail": message("an error of this server; its log says which")}, 500)

    @app.middleware("http")
    async def count(request: Request, answer) -> Response:
        status = 500
        try:
            response = await answer(request)
            status = response.status_code
            return response
        finally:
            metrics.requests.labels(status).inc()


def _check_asker(app: FastAPI, token: str | None) -> None:
    """Answer those only who may ask: with the token, or without one from this machine."""
    wanted = f"Bearer {token}".encode()

    @app.middleware("http")
    async def check(request: Request, answer) -> Response:
        if token is None:
            if not LOCAL.fullmatch(request.headers.get("host", "")):
                said = message("this server is asked as 127.0.0.1 or localhost only")
                return JSONResponse({"detail": said}, 403)
            return await answer(request)
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if request.url.path != "/health" and not hmac.compare_digest(given, wanted):
            said = message("the header 'Authorization: Bearer TOKEN' is missing or wrong")
            return JSONResponse({"detail": said}, 401, headers={"WWW-Authenticate": "Bearer"})
        return await answer(request)


class _Served:
    """What requests share: the limits, the cores, the counters."""

    def __init__(self, *, most_bytes: int, jobs: int, metrics: Metrics):
        self.metrics = metrics
        self._most_bytes = most_bytes
        self._cores = asyncio.Semaphore(jobs)
        self._under_way = 0
        self._encoder = threading.Lock()

    async def answer(self, panel: Panel, request: Request, name: str) -> Response:
        """Take a clip and say what the models of a panel make of it."""
        if self._under_way >= WAITING:
            said = message("too many clips at a time; send this one again in a moment")
            raise HTTPException(503, said, headers={"Retry-After": "1"})
        self._under_way += 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder, f"clip{_ending(name)}")
                await self._received(request, path)
                async with self._cores:
                    judged = functools.partial(self._judged, panel, path)
                    records = await asyncio.to_thread(judged)
        finally:
            self._under_way -= 1
        if all(record.verdict == NOT_SCORED for record in records):
            raise HTTPException(422, records[0].reason)
        called = printable(name)[:_LONGEST_NAME]
        return _document(panel, [dataclasses.replace(each, clip=called) for each in records])

    async def _received(self, request: Request, path: pathlib.Path) -> None:
        """Receive a clip in the time that it may take: who sends nothing holds no place."""
        try:
            await asyncio.wait_for(self._receive(request, path), PATIENCE)
        except TimeoutError:
            said = message("not all of the clip came within {seconds:g} s", seconds=PATIENCE)
            raise HTTPException(408, said) from None
        except ClientDisconnect:
            raise HTTPException(400, message("the clip ended before its end")) from None

    async def _receive(self, request: Request, path: pathlib.Path) -> None:
        """Write the body of a request to a file, as far as it may go."""
        announced = int(request.headers.get("content-length") or 0)
        if request.headers.get("content-type", "").startswith("multipart/"):
            said = message("a form; the body must be the file (curl --data-binary @clip.wav)")
            raise HTTPException(415, said)
        size = 0
        with path.open("wb") as file:
            blocks = request.stream()
            async for block in blocks:
                size += len(block)
                if max(size, announced) > self._most_bytes:
                    break
                file.write(block)
        if max(size, announced) > self._most_bytes:
            await _heard_out(blocks, 2 * self._most_bytes - size)
            said = message(
                "larger than {most:g} MB, the most that is taken", most=self._most_bytes / 1e6
            )
            raise HTTPException(413, said)
        if not size:
            raise HTTPException(400, message("no clip: the body of the request is empty"))

    def _judged(self, panel: Panel, path: pathlib.Path) -> list[Record]:
        with contextlib.suppress(UserError):  # which scoring says
            seconds = inspect_audio(path).seconds
            if seconds > LONGEST:
                said = message(
                    "{seconds:.0f} s long; up to {longest:.0f} s are scored as one clip",
                    seconds=seconds,
                    longest=LONGEST,
                )
                raise HTTPException(413, said)
        # a network runs in a process of its own that takes one clip after the other
        alone = any(model.encoder is not None for model in panel.models)
        with self._encoder if alone else contextlib.nullcontext(), self.metrics.seconds.time():
            [records] = panel.judge_clips([str(path)])
        self.metrics.count(records)
        return records


async def _heard_out(blocks: AsyncIterator[bytes], most: int) -> None:
    """Pass over what is still sent, as far as it is near: who is sending hears no answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEARD_OUT):
            async for block in blocks:
                most -= len(block)
                if most < 0:
                    return


def _ending(name: str) -> str:
    """Return the ending of a name if it is one of audio: some say how a file is read."""
    ending = pathlib.PurePosixPath(name).suffix.lower()
    return ending if is_audio(ending) and re.fullmatch(r"\.[a-z0-9]+", ending) else ".wav"


def _document(panel: Panel, records: Sequence[Record]) -> Response:
    file = io.StringIO()
    output = Json(file, panel.models, panel.judges)
    for record in records:
        output.write(record)
    output.close()
    return Response(file.getvalue(), media_type="application/json")


def check_models(models: Sequence[MachineModel], paths: Sequence[str]) -> None:
    """Refuse models of one name: a name is an address.

    Raises
    ------
    UserError
        If two have the same.
    """
    seen: dict[str, str] = {}
    for model, path in zip(models, paths, strict=True):
        if model.name in seen:
            raise UserError(
                "{path}: a model named {name}, as {other} is; give models names of their own "
                "(fit --machine)",
                path=path,
                name=model.name,
                other=seen[model.name],
            )
        seen[model.name] = path
