import stat

import pytest

from pygoodvibes.models.signature import sign, verify, write_keys
from pygoodvibes.util.errors import UserError

CONTENT = b"a model" * 100


@pytest.fixture
def keys(tmp_path):
    return write_keys(tmp_path / "maker")


@pytest.fixture
def model(tmp_path, keys):
    path = tmp_path / "pump.pgv"
    sign(path, CONTENT, keys[0])
    return path


def test_what_was_signed_is_verified_and_the_same_gives_the_same(model, keys):
    verify(model, CONTENT, keys[1])
    before = model.with_name("pump.pgv.sig").read_bytes()
    assert before.splitlines()[0] == b"pygoodvibes signature 1"
    sign(model, CONTENT, keys[0])
    assert model.with_name("pump.pgv.sig").read_bytes() == before


def test_any_other_content_is_refused(model, keys):
    for position in (0, 300, len(CONTENT) - 1):
        altered = bytearray(CONTENT)
        altered[position] ^= 1
        with pytest.raises(UserError, match="altered since; don't use it"):
            verify(model, bytes(altered), keys[1])
    for other in (CONTENT[:-1], CONTENT + b"x", b""):
        with pytest.raises(UserError, match="altered since"):
            verify(model, other, keys[1])


def test_another_key_is_refused(model, tmp_path):
    _, other = write_keys(tmp_path / "other")
    with pytest.raises(UserError, match=r"not signed with this key \(.*other\.pub\)"):
        verify(model, CONTENT, other)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"words",
        b"pygoodvibes signature 1\n",
        b"pygoodvibes signature 1\n!!\n",
        b"pygoodvibes signature 2\nAAAA\n",
        b"\xff" * 20_000,
    ],
)
def test_a_signature_that_is_none_is_refused(model, keys, content):
    model.with_name("pump.pgv.sig").write_bytes(content)
    with pytest.raises(UserError, match="not signed with this key"):
        verify(model, CONTENT, keys[1])


def test_a_signature_under_another_first_line_is_none(model, keys):
    place = model.with_name("pump.pgv.sig")
    place.write_bytes(place.read_bytes().replace(b"signature 1", b"signature 9"))
    with pytest.raises(UserError, match="not signed with this key"):
        verify(model, CONTENT, keys[1])


def test_without_a_signature_it_says_what_to_do(tmp_path, keys):
    with pytest.raises(UserError, match=r"no signature beside it .*; ask its maker for one"):
        verify(tmp_path / "pump.pgv", CONTENT, keys[1])


def test_keys_are_not_overwritten_and_the_private_one_is_private(keys, tmp_path):
    private, public = keys
    assert (private.name, public.name) == ("maker.key", "maker.pub")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    with pytest.raises(UserError, match=r"maker\.key: is there already"):
        write_keys(tmp_path / "maker")
    private.unlink()
    with pytest.raises(UserError, match=r"maker\.pub: is there already"):
        write_keys(tmp_path / "maker")


def test_what_is_no_key_is_said(model, keys, tmp_path):
    private, public = keys
    (tmp_path / "words").write_text("words\n")
    for path in (public, tmp_path / "words"):
        with pytest.raises(UserError, match="no private key; 'pygoodvibes sign --new-keys NAME'"):
            sign(model, CONTENT, path)
    for path in (private, tmp_path / "words"):
        with pytest.raises(UserError, match="no public key"):
            verify(model, CONTENT, path)
    with pytest.raises(UserError, match="can't be read"):
        verify(model, CONTENT, tmp_path / "none.pub")
    with pytest.raises(UserError, match="can't be read"):
        sign(model, CONTENT, tmp_path / "none.key")
