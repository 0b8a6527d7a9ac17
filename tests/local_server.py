"""A real HTTP server on this machine, which can be told to misbehave."""

import collections
import dataclasses
import http.server
import io
import re
import sys
import threading
import time
import zipfile

import pytest


@dataclasses.dataclass
class Fault:
    """What goes wrong with one GET or POST request."""

    status: int = 0  # answer only this
    headers: dict = dataclasses.field(default_factory=dict)
    cut_after: int | None = None  # close the connection after so many bytes
    ignore_range: bool = False
    announce: int = 0  # bytes more than are sent
    shift: int = 0  # send another range than asked for
    at_most: int | None = None  # send a shorter range than asked for
    wrong: bool = False  # send other bytes, as many
    stall: float = 0.0  # wait so many seconds in the middle


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, bytes] = {}  # JSON, for POST
        self.redirects: dict[str, str] = {}
        self.faults: collections.deque[Fault | None] = collections.deque()
        self.no_head = False
        self.ranges = True
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.sent = 0  # bytes of files

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Keep quiet about clients that hang up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def of(self, method: str) -> list[tuple[str, str, dict[str, str]]]:
        return [request for request in self.seen if request[0] == method]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        if self.server.no_head:
            return self.answer(405)
        return self.serve("HEAD")

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.serve("POST")

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self, method):
        path = self.path.split("?")[0]
        self.server.seen.append((method, self.path, dict(self.headers)))
        fault = Fault()
        if method != "HEAD" and self.server.faults:
            fault = self.server.faults.popleft() or fault
        if fault.status:
            return self.answer(fault.status, fault.headers)
        if path in self.server.redirects:
            return self.answer(302, {"Location": self.server.redirects[path]})
        if path in self.server.answers:
            body = self.server.answers[path]
            return self.answer(200, {"Content-Type": "application/json"}, body)
        if path not in self.server.files:
            return self.answer(404)
        whole = self.server.files[path]
        etag = f'"{hash(whole)}"'
        start, status = 0, 200
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", etag) == etag
        if match and same and self.server.ranges and not fault.ignore_range:
            start, status = int(match[1]) + fault.shift, 206
            if start >= len(whole):
                return self.answer(416, {"Content-Range": f"bytes */{len(whole)}"})
        body = whole[start:]
        if fault.at_most is not None:
            body = body[: fault.at_most]
        self.send_response(status)
        self.send_header("Content-Type", "application/zip")
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", "Wed, 26 Feb 2020 00:00:00 GMT")
        if self.server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(body) + fault.announce))
        self.end_headers()
        if method == "HEAD":
            return None
        if fault.cut_after is not None:
            body = body[: fault.cut_after]
        if fault.wrong:
            body = bytes(len(body))
        self.server.sent += len(body)  # first: the client may look as soon as it has the last byte
        if fault.stall:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(fault.stall)
            body = body[len(body) // 2 :]
        self.wfile.write(body)
        if fault.cut_after is not None or fault.announce:
            self.wfile.flush()
            self.close_connection = True
        return None


@pytest.fixture
def server(monkeypatch):
    """A server of this test's own; a proxy of the machine is not to be asked for it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def make_zip(members: dict[str, bytes], *, compression=zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def read_tree(folder) -> dict[str, bytes]:
    """Return path -> content of all that is below a folder, without hidden files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }
