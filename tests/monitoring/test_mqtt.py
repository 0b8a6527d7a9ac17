import json
import shutil
import signal
import subprocess
import sys

import pytest

import mqtt_broker
import own_machine
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.mqtt import Mqtt, parse, topic_part
from pygoodvibes.monitoring.output import COLUMNS
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.util.errors import UserError

RECORD = Record("a.wav", "pump", "knn", score=1.5, threshold=2.0, verdict="normal", p_value=0.5)


@pytest.fixture
def broker(tmp_path):
    mqtt_broker.need()
    with mqtt_broker.running(tmp_path) as port:
        yield port


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("mqtt://plant", ("mqtt", "plant", 1883, "pygoodvibes")),
        ("mqtt://plant:99/hall/2/", ("mqtt", "plant", 99, "hall/2")),
        ("mqtts://[::1]/hall", ("mqtts", "::1", 8883, "hall")),
    ],
)
def test_an_address_names_broker_and_topic(address, parts):
    assert parse(address) == parts


@pytest.mark.parametrize(
    "address",
    ["plant", "http://plant", "mqtt://", "mqtt://plant:x/", "mqtt://me:word@plant", "mqtt://a/b/#",
     "mqtt://plant/a+", "mqtt://plant:99999/a", "mqtt://[::1/a"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UserError, match="no address of a broker such as mqtt://host:1883/topic"):
        parse(address)


def test_the_name_of_a_model_is_one_level_of_a_topic():
    assert [topic_part(name) for name in ("pump", "a/b+#", "")] == ["pump", "a_b__", "_"]


def test_records_reach_whoever_listens(broker):
    with mqtt_broker.listening(broker, "hall/#") as heard:
        output = Mqtt(f"mqtt://127.0.0.1:{broker}/hall")
        output.write(RECORD)
        output.write(Record("b.wav", "fan/2", "knn", reason="no readable audio"))
        output.close()
        told = [heard.get(timeout=30) for _ in range(2)]
    assert [topic for topic, _ in told] == ["hall/pump", "hall/fan_2"]
    first, second = (json.loads(text) for _, text in told)
    assert list(first) == list(COLUMNS)
    assert (first["clip"], first["score"], first["verdict"]) == ("a.wav", 1.5, "normal")
    assert (second["verdict"], second["reason"]) == ("not scored", "no readable audio")


def test_a_broker_that_was_away_gets_what_it_missed(tmp_path):
    mqtt_broker.need()
    port = mqtt_broker.free_port()
    with mqtt_broker.running(tmp_path, port=port):
        output = Mqtt(f"mqtt://127.0.0.1:{port}/hall", patience=20)
    output.write(RECORD)  # nobody is there
    with (
        mqtt_broker.running(tmp_path, port=port),
        mqtt_broker.listening(port, "hall/#") as heard,
    ):
        assert json.loads(heard.get(timeout=30)[1])["clip"] == "a.wav"
        output.close()


def test_a_broker_that_stays_away_is_told_at_the_end(tmp_path):
    mqtt_broker.need()
    with mqtt_broker.running(tmp_path) as port:
        output = Mqtt(f"mqtt://127.0.0.1:{port}", patience=1)
    output.write(RECORD)
    with pytest.raises(OSError, match="has not taken all messages"):
        output.close()


def test_no_broker_at_an_address_is_a_sentence():
    port = mqtt_broker.free_port()
    with pytest.raises(UserError, match=r"no broker answers \(Connection refused\)"):
        Mqtt(f"mqtt://127.0.0.1:{port}")


def test_name_and_password_come_from_the_environment(tmp_path, monkeypatch):
    mqtt_broker.need()
    with mqtt_broker.running(tmp_path, password="secret") as port:
        address = f"mqtt://127.0.0.1:{port}/hall"
        with pytest.raises(UserError, match=r"doesn't take the connection .*PYGOODVIBES_MQTT_USER"):
            Mqtt(address)
        monkeypatch.setenv("PYGOODVIBES_MQTT_USER", "pump")
        monkeypatch.setenv("PYGOODVIBES_MQTT_PASSWORD", "secret")
        output = Mqtt(address)
        output.write(RECORD)
        output.close()


def test_a_watched_folder_is_told_to_a_broker(tmp_path, model, broker):
    machine_model.save(tmp_path / "pump.pgv", model)
    clip = own_machine.write(tmp_path / "odd.wav", 200, whistle=0.05)
    (tmp_path / "incoming").mkdir()
    command = "score pump.pgv --watch incoming --settle 0 --json log.json --mqtt"
    watching = subprocess.Popen(
        [sys.executable, "-m", "pygoodvibes", *command.split(), f"mqtt://127.0.0.1:{broker}"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # jobs in the background of a shell ignore it, and so would what they start
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        with mqtt_broker.listening(broker, "pygoodvibes/pump") as heard:
            assert watching.stderr.readline().startswith("Watching incoming")
            shutil.copy(clip, tmp_path / "incoming/new.wav")
            told = json.loads(heard.get(timeout=60)[1])
        watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 3
    finally:
        watching.kill()
        watching.communicate()
    assert told["clip"] == "incoming/new.wav"
    assert told["verdict"] == "anomalous"
    assert told == json.loads((tmp_path / "log.json").read_text())
