"""Records of scored clips as messages to an MQTT broker, so that a plant's system hears of them.

Records come in; each goes out as a line of JSON, as `--json` writes it for a watched folder, under
the topic of its model. A broker that is away for a while gets what it has missed when it is back.

References
----------
OASIS (2014), MQTT version 3.1.1: quality of service 1, at least once.
"""

import io
import os
import time
import urllib.parse

from pygoodvibes.monitoring.output import JsonLines
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.util.errors import UserError

TOPIC = "pygoodvibes"
"""Topic where an address names none; that of the model stands below."""

USER, PASSWORD = "PYGOODVIBES_MQTT_USER", "PYGOODVIBES_MQTT_PASSWORD"
"""Environment variables with what a broker asks for: all on a machine can see arguments."""

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Ports by scheme; `mqtts` is with TLS."""

MOST_WAITING = 10_000
"""Messages that are kept for a broker that is away; what comes then is lost."""

PATIENCE = 10.0
"""Seconds that a connection, or the last messages, may take."""


class Mqtt:
    """A connection to a broker that takes records.

    Parameters
    ----------
    address : str
        mqtt://host:port/topic or, with TLS, mqtts://host:port/topic.
    patience : float > 0
        Seconds to wait for the broker at the start and at the end.

    Raises
    ------
    UserError
        If the address is none, or the broker doesn't take the connection.
    """

    def __init__(self, address: str, *, patience: float = PATIENCE):
        import paho.mqtt.client as paho

        self._address, self._patience = address, patience
        scheme, host, port, self._topic = parse(address)
        self._refused = ""
        self._given = self._taken = 0
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.max_queued_messages_set(MOST_WAITING)
        self._client.on_connect = self._answered
        self._client.on_publish = self._acknowledged
        if os.environ.get(USER):
            self._client.username_pw_set(os.environ[USER], os.environ.get(PASSWORD))
        if scheme == "mqtts":
            self._client.tls_set()
        self._client.connect_timeout = patience
        try:
            self._client.connect(host, port)
        except OSError as error:
            raise UserError(
                "{address}: no broker answers ({reason})",
                address=address,
                reason=error.strerror or str(error),
            ) from None
        self._client.loop_start()
        self._wait(lambda: self._client.is_connected() or self._refused)
        if not self._client.is_connected():
            self._client.loop_stop()
            raise UserError(
                "{address}: the broker doesn't take the connection ({reason}); name and password "
                "are read from {user} and {password}",
                address=address,
                reason=self._refused or "no answer",
                user=USER,
                password=PASSWORD,
            )

    def _answered(self, client, userdata, flags, reason, properties) -> None:
        self._refused = str(reason) if reason.is_failure else ""

    def _acknowledged(self, *_) -> None:
        self._taken += 1

    def _wait(self, done) -> bool:
        end = time.monotonic() + self._patience
        while not done():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def write(self, record: Record) -> None:
        """Send a record; one for which the broker is away waits."""
        line = io.StringIO()
        JsonLines(line).write(record)
        topic = f"{self._topic}/{topic_part(record.model)}"
        self._client.publish(topic, line.getvalue().strip(), qos=1)
        self._given += 1

    def close(self) -> None:
        """Wait until the broker has all, and end the connection.

        Raises
        ------
        OSError
            If it hasn't taken all in time.
        """
        taken = self._wait(lambda: self._taken >= self._given)
        self._client.disconnect()
        self._client.loop_stop()
        if not taken:
            raise OSError(None, "the broker has not taken all messages")


def parse(address: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and topic of an address.

    Raises
    ------
    UserError
        If it is none.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urllib.parse.SplitResult("", "", "", "", ""), None
    topic = parts.path.strip("/") or TOPIC
    odd = parts.query or parts.username or set("+#\0") & set(address)
    if parts.scheme not in PORTS or not parts.hostname or odd:
        raise UserError(
            "{address}: no address of a broker such as mqtt://host:1883/topic", address=address
        )
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], topic


def topic_part(name: str) -> str:
    """Return a name as one level of a topic: without what means something in topics."""
    return "".join("_" if sign in "/+#\0" else sign for sign in name) or "_"
