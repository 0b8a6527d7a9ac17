import concurrent.futures
import dataclasses
import io
import json
import socket
import threading
import time
import urllib.parse

import numpy as np
import pytest
import soundfile

import own_machine
from http_server import ask, detail, served
from pygoodvibes.monitoring import score_files, serve
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.output import Json
from pygoodvibes.util.errors import UserError

MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def models(model):
    return [model, dataclasses.replace(model, name="other")]


@pytest.fixture(scope="module")
def judges(models):
    return [judge(models[0]), judge(models[1], detector="knn")]


@pytest.fixture(scope="module")
def address(models, judges):
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=2)
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for number in range(6):
        own_machine.write(folder / f"{number}.wav", 300 + number, whistle=0.02 * number)
    return sorted(folder.glob("*.wav"))


def document_of(models, judges, path, name):
    """Return what `score --json` writes of a clip."""
    [records] = score_files.Panel(models, judges).judge_clips([str(path)])
    file = io.StringIO()
    output = Json(file, models, judges)
    for record in records:
        output.write(dataclasses.replace(record, clip=name))
    output.close()
    return json.loads(file.getvalue())


def test_a_posted_clip_gets_the_document_of_the_command_score(address, models, judges, clips):
    status, text = ask(f"{address}/score?name=odd.wav", clips[5].read_bytes())
    assert status == 200
    assert json.loads(text) == document_of(models, judges, clips[5], "odd.wav")
    verdicts = {each["verdict"] for each in json.loads(text)["clips"]}
    assert verdicts == {"anomalous"}


def test_one_of_several_models_is_asked_by_its_name(address, models, judges, clips):
    status, text = ask(f"{address}/score/other", clips[0].read_bytes())
    assert status == 200
    assert json.loads(text) == document_of(models[1:], judges[1:], clips[0], "clip.wav")
    assert [each["model"] for each in json.loads(ask(f"{address}/models")[1])["models"]] == [
        models[0].name,
        "other",
    ]


def test_many_requests_at_once_are_answered_as_one_by_one(address, models, judges, clips):
    def asked(path):
        return json.loads(ask(f"{address}/score?name={path.name}", path.read_bytes())[1])

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        together = list(pool.map(asked, clips * 2))
    alone = [document_of(models, judges, path, path.name) for path in clips]
    assert together == alone * 2


def wav(signal, rate=own_machine.RATE):
    file = io.BytesIO()
    soundfile.write(file, signal, rate, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize(
    ("place", "body", "status", "said"),
    [
        ("score/none", b"RIFF", 404, "no model 'none'; there are pump, other"),
        ("score", b"", 400, "no clip: the body of the request is empty"),
        ("score", b"no sound", 422, "no readable audio (Format not recognised)"),
        ("score", wav(np.zeros(16000)), 422, "digital silence"),
        ("score", wav(np.ones(4000), 16000), 422, "sample rate 16000 Hz, but"),
        ("score?name=a.m4a", b"film", 422, "audio of a kind that is not read"),
        ("score", bytes(MOST_BYTES + 1), 413, "larger than 1 MB, the most that is taken"),
        ("no/such", b"", 404, "Not Found"),
        ("health", b"", 405, "Method Not Allowed"),
    ],
)
def test_what_is_wrong_is_a_sentence_with_a_status(address, place, body, status, said):
    found, sentence = detail(ask(f"{address}/{place}", body))
    assert found == status
    assert sentence.startswith(said)


def test_who_sends_too_much_slowly_is_heard_out_and_told(address):
    place = urllib.parse.urlsplit(address)
    size = MOST_BYTES + MOST_BYTES // 2
    with socket.create_connection((place.hostname, place.port), timeout=20) as client:
        head = f"POST /score HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {size}\r\n"
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        for _ in range(3):
            client.sendall(bytes(size // 3))
            time.sleep(0.2)
        client.sendall(bytes(size - 3 * (size // 3)))
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413") and b"larger than 1 MB" in answer


def test_a_few_bytes_that_hold_hours_are_refused(address):
    hours = np.zeros(4000 * 700, dtype=np.int16)
    file = io.BytesIO()
    soundfile.write(file, hours, 4000, format="FLAC")
    assert len(file.getvalue()) < MOST_BYTES
    status, sentence = detail(ask(f"{address}/score", file.getvalue()))
    assert (status, sentence) == (413, "700 s long; up to 600 s are scored as one clip")


def test_a_form_is_told_what_to_send_instead(address):
    status, sentence = detail(ask(f"{address}/score", b"x", Content_Type="multipart/form-data"))
    assert status == 415
    assert "--data-binary" in sentence


def test_a_body_without_a_length_is_counted_as_it_comes(address):
    place = urllib.parse.urlsplit(address)
    block = b"%x\r\n" % 200_000 + bytes(200_000) + b"\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        line.sendall(
            f"POST /score HTTP/1.1\r\nHost: {place.netloc}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(6):
            line.sendall(block)
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.wav", "\x1b[2J.wav", "x" * 5000, ""])
def test_a_name_is_only_shown_and_never_that_of_a_file(address, clips, name):
    query = urllib.parse.urlencode({"name": name})
    status, text = ask(f"{address}/score?{query}", clips[0].read_bytes())
    assert status == 200
    shown = {each["clip"] for each in json.loads(text)["clips"]}
    assert shown == {name.replace("\x1b", "\\x1b")[:200]}


def test_a_page_that_lends_this_machine_another_name_is_refused(address):
    status, sentence = detail(ask(f"{address}/models", Host="sounds.example"))
    assert (status, sentence) == (403, "this server is asked as 127.0.0.1 or localhost only")


def test_without_the_token_only_health_is_told(models, judges, clips):
    token = "abcdefgh12345678"
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=1, token=token)
    with served(app) as address:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": token}):
            for place in ("models", "metrics", "openapi.json"):
                assert detail(ask(f"{address}/{place}", **headers))[0] == 401
            assert detail(ask(f"{address}/score", clips[0].read_bytes(), **headers))[0] == 401
        assert ask(f"{address}/health")[0] == 200
        right = {"Authorization": f"Bearer {token}"}
        assert ask(f"{address}/score", clips[0].read_bytes(), **right)[0] == 200
        # by any name of this machine: it is not alone
        assert ask(f"{address}/models", Host="sounds.example", **right)[0] == 200


def test_more_clips_than_can_wait_are_sent_away(models, judges, clips, monkeypatch):
    monkeypatch.setattr(serve, "WAITING", 1)
    held, go_on = threading.Event(), threading.Event()
    judging = score_files.Panel.judge_clips

    def slow(panel, paths):
        held.set()
        assert go_on.wait(30)
        return judging(panel, paths)

    monkeypatch.setattr(score_files.Panel, "judge_clips", slow)
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=1)
    with served(app) as address, concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, f"{address}/score", clips[0].read_bytes())
        assert held.wait(30)
        assert detail(ask(f"{address}/score", clips[1].read_bytes()))[0] == 503
        assert ask(f"{address}/health")[0] == 200
        go_on.set()
        assert first.result()[0] == 200


def test_who_sends_nothing_holds_no_place(models, judges, monkeypatch):
    monkeypatch.setattr(serve, "PATIENCE", 0.2)
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=1)
    with served(app) as address:
        place = urllib.parse.urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=30) as line:
            head = f"POST /score HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 9\r\n\r\nabc"
            line.sendall(head.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 408 ")


def test_an_error_of_ours_is_no_traceback(models, judges, clips, monkeypatch):
    def broken(panel, paths):
        raise RuntimeError("something of ours")

    monkeypatch.setattr(score_files.Panel, "judge_clips", broken)
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=1)
    with served(app) as address:
        status, sentence = detail(ask(f"{address}/score", clips[0].read_bytes()))
        assert (status, sentence) == (500, "an error of this server; its log says which")
        assert 'pygoodvibes_requests_total{status="500"} 1.0' in ask(f"{address}/metrics")[1]


def test_counters_say_what_was_asked_and_found(models, judges, clips):
    app = serve.make_app(models, judges, most_bytes=MOST_BYTES, jobs=1)
    with served(app) as address:
        document = json.loads(ask(f"{address}/score/pump", clips[5].read_bytes())[1])
        ask(f"{address}/score/other", b"no sound")
        status, text = ask(f"{address}/metrics")
    assert status == 200
    lines = text.splitlines()
    score, limit = (document["clips"][0][key] for key in ("score", "threshold"))
    for line in (
        'pygoodvibes_clips_total{model="pump",verdict="anomalous"} 1.0',
        'pygoodvibes_clips_total{model="pump",verdict="normal"} 0.0',
        'pygoodvibes_clips_total{model="other",verdict="not scored"} 1.0',
        'pygoodvibes_requests_total{status="200"} 1.0',
        'pygoodvibes_requests_total{status="422"} 1.0',
        "pygoodvibes_scoring_seconds_count 2.0",
        f'pygoodvibes_score{{model="pump"}} {score}',
        f'pygoodvibes_threshold{{model="pump"}} {limit}',
    ):
        assert line in lines, line


def test_two_models_of_one_name_are_refused(models):
    with pytest.raises(UserError, match=r"^b\.pgv: a model named pump, as a\.pgv is"):
        serve.check_models([models[0], models[0]], ["a.pgv", "b.pgv"])
