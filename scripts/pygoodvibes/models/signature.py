"""Signatures of model files: who made a file, which its checksum can't say.

Comes in: the bytes of a model file and a key file. Goes out: a signature beside the model, or an
error if the one that is there isn't right. The private key signs and stays with its owner; the
public key checks and is handed on, by another way than the models.

References
----------
Bernstein et al. (2012), High-speed high-security signatures (Ed25519; RFC 8032).
"""

import base64
import binascii
import contextlib
import os
import pathlib
from typing import TYPE_CHECKING

from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.errors import UserError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ed25519

ENDING = ".sig"
"""Behind the name of a model's file."""

_FIRST_LINE = "pygoodvibes signature 1"
_PURPOSE = b"pygoodvibes model file\0"  # so that what else a key signs can't pass for a model
_LONGEST = 10_000  # bytes of a key file or signature


def write_keys(path: str | pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Make a pair of keys.

    Parameters
    ----------
    path : path
        Name without an ending.

    Returns
    -------
    private, public : pathlib.Path
        `<path>.key`, which only its owner can read, and `<path>.pub`; PEM.

    Raises
    ------
    UserError
        If one of them is there already, or can't be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    private, public = pathlib.Path(f"{path}.key"), pathlib.Path(f"{path}.pub")
    for place in (private, public):
        if place.exists():
            raise UserError("{path}: is there already; name other keys", path=place)
    key = ed25519.Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    open_text = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        write_text(public, open_text.decode("ascii"))
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=error.filename, reason=error.strerror
        ) from None
    return private, public


def sign(model_path: str | pathlib.Path, content: bytes, key_path: str | pathlib.Path) -> str:
    """Write the signature of a model file beside it; return its path.

    Parameters
    ----------
    model_path : path
        The model file.
    content : bytes
        What it holds.
    key_path : path
        Private key, from `write_keys`.

    Raises
    ------
    UserError
        If the key is none, or the signature can't be written.
    """
    place = f"{model_path}{ENDING}"
    signature = base64.b64encode(_private_key(key_path).sign(_PURPOSE + content)).decode("ascii")
    try:
        write_text(place, f"{_FIRST_LINE}\n{signature}\n")
    except OSError as error:
        raise UserError(
            "{path}: can't be written ({reason})", path=place, reason=error.strerror
        ) from None
    return place


def verify(model_path: str | pathlib.Path, content: bytes, key_path: str | pathlib.Path) -> None:
    """Check the signature that lies beside a model file.

    Parameters
    ----------
    model_path, content
        As in `sign`.
    key_path : path
        Public key of who should have made it.

    Raises
    ------
    UserError
        If there is no signature, or it is not one of this content by this key.
    """
    from cryptography.exceptions import InvalidSignature

    key = _public_key(key_path)
    place = f"{model_path}{ENDING}"
    if not pathlib.Path(place).is_file():
        raise UserError(
            "{path}: no signature beside it ({place}); ask its maker for one, or score without "
            "--verify",
            path=model_path,
            place=place,
        )
    first, _, rest = _read(place).partition(b"\n")
    try:
        signature = base64.b64decode(rest.strip(), validate=True)
    except binascii.Error:
        signature = b""
    try:
        if first.decode("latin-1") != _FIRST_LINE:
            raise InvalidSignature
        key.verify(signature, _PURPOSE + content)
    except InvalidSignature:
        raise UserError(
            "{path}: not signed with this key ({key}), or altered since; don't use it",
            path=model_path,
            key=key_path,
        ) from None


def _private_key(path: str | pathlib.Path) -> "ed25519.Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    # whatever a damaged key raises
    with contextlib.suppress(Exception):
        key = load_pem_private_key(content, password=None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    raise UserError(
        "{path}: no private key; 'pygoodvibes sign --new-keys NAME' makes one", path=path
    )


def _public_key(path: str | pathlib.Path) -> "ed25519.Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    content = _read(path)
    with contextlib.suppress(Exception):
        key = load_pem_public_key(content)
        if isinstance(key, Ed25519PublicKey):
            return key
    raise UserError(
        "{path}: no public key; 'pygoodvibes sign --new-keys NAME' makes one", path=path
    )


def _read(path: str | pathlib.Path) -> bytes:
    try:
        with pathlib.Path(path).open("rb") as file:
            return file.read(_LONGEST)
    except OSError as error:
        raise UserError(
            "{path}: can't be read ({reason})", path=path, reason=error.strerror
        ) from None
