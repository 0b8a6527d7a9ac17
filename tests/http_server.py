"""An application of FastAPI at a port of this machine, in a thread, and what it answers."""

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request


@contextlib.contextmanager
def served(app):
    """Serve an application; gives its address."""
    import uvicorn

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical")
    socket = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def ask(address, body=None, **headers):
    """Return status and text of an answer; with a body, even an empty one, it is posted."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, data=body, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def detail(answer):
    """Return status and sentence of an answer that refuses something."""
    status, text = answer
    document = json.loads(text)
    assert list(document) == ["detail"]
    return status, document["detail"]
