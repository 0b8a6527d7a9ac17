import pytest

import own_machine
from pygoodvibes.cli.main import main
from pygoodvibes.models import machine_model


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    fit = own_machine.fit(tmp_path_factory.mktemp("place") / "pump")
    return machine_model.dumps(fit.model)


@pytest.fixture
def place(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pump.pgv").write_bytes(content)
    own_machine.write(tmp_path / "odd.wav", 200, whistle=0.05)
    return tmp_path


SCORE = ["score", "pump.pgv", "odd.wav", "--verify", "maker.pub"]


def test_a_signed_model_scores_and_an_altered_one_does_not(place, capsys, content):
    assert main(["sign", "--new-keys", "maker"]) == 0
    assert "maker.key (keep it to yourself)" in capsys.readouterr().out
    assert main(["sign", "pump.pgv", "--key", "maker.key"]) == 0
    assert "Signature: pump.pgv.sig" in capsys.readouterr().out
    assert main(SCORE) == 3
    # of the same machine, and whole: but nobody signed it
    other = own_machine.fit(own_machine.healthy(place / "other", 21)).model
    machine_model.save(place / "pump.pgv", other)
    capsys.readouterr()
    assert main(SCORE) == 1
    shown = capsys.readouterr()
    assert "pump.pgv: not signed with this key" in shown.err and not shown.out
    assert main(SCORE[:-2]) == 3


def test_keys_and_signature_in_one_go(place):
    assert main(["sign", "pump.pgv", "--new-keys", "maker"]) == 0
    assert main(SCORE) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to sign"),
        (["pump.pgv"], "no key to sign with"),
        (["odd.wav", "--new-keys", "maker"], "odd.wav: no model"),
        (["none.pgv", "--new-keys", "maker"], "none.pgv: can't be read"),
    ],
)
def test_what_can_not_be_signed_is_said(place, capsys, arguments, said):
    assert main(["sign", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not list(place.glob("*.sig"))


def test_an_unsigned_model_is_refused_where_one_is_asked_for(place, capsys):
    main(["sign", "--new-keys", "maker"])
    assert main(SCORE) == 1
    assert "no signature beside it (pump.pgv.sig)" in capsys.readouterr().err
