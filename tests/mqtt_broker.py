"""A real broker of MQTT (Mosquitto) at a port of this machine, and somebody who listens to it."""

import contextlib
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import time

import pytest

REQUIRED = "PYGOODVIBES_REQUIRE_BROKER"


def program() -> str | None:
    """Return the broker; Debian installs it where only root looks for programs."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def need() -> None:
    """Leave a test out where there is no broker, or fail where there must be one."""
    if program() is None:
        said = "no Mosquitto: install it (Debian: apt-get install mosquitto)"
        if os.environ.get(REQUIRED):
            pytest.fail(said)
        pytest.skip(said)


@contextlib.contextmanager
def running(folder: pathlib.Path, *, port: int | None = None, password: str = ""):
    """Run a broker; gives its port. With a password it takes the user 'pump' alone."""
    port = port or free_port()
    settings = [f"listener {port} 127.0.0.1", "allow_anonymous true"]
    if password:
        users = folder / "users"
        users.touch(0o600)
        command = ["mosquitto_passwd", "-b", str(users), "pump", password]
        subprocess.run(command, check=True, capture_output=True)
        settings = [f"listener {port} 127.0.0.1", f"password_file {users}", f"user {_me()}"]
    (folder / "mosquitto.conf").write_text("\n".join(settings) + "\n")
    broker = subprocess.Popen(
        [program(), "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            assert broker.poll() is None, "the broker did not start"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        broker.terminate()
        broker.wait()


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


@contextlib.contextmanager
def listening(port: int, topic: str):
    """Listen to a topic; gives a queue of (topic, text)."""
    import paho.mqtt.client as paho

    heard: queue.Queue = queue.Queue()
    ready: queue.Queue = queue.Queue()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_subscribe = lambda *_: ready.put(True)
    client.on_message = lambda _, __, message: heard.put((message.topic, message.payload.decode()))
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        ready.get(timeout=30)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()
