"""The command `pygoodvibes sign`: who made a model file."""

import argparse

from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.util.errors import UserError

EPILOG = """\
examples:
  pygoodvibes sign --new-keys maker            once: maker.key (keep it), maker.pub (hand it on)
  pygoodvibes sign pump.pgv --key maker.key    writes pump.pgv.sig; hand on both files
  pygoodvibes score pump.pgv new.wav --verify maker.pub

The signature (Ed25519) says that the owner of the key has signed exactly this file. Hand maker.pub
on by another way than the models: who can replace both can replace all.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument("path", metavar="MODEL", nargs="*", help="models (.pgv)")
    parser.add_argument("--key", metavar="FILE", help="private key to sign with")
    parser.add_argument("--new-keys", metavar="NAME", help="make NAME.key and NAME.pub first")


def run(paths: list[str], *, key: str | None, new_keys: str | None) -> int:
    """Make keys, sign models; return the exit code.

    Raises
    ------
    UserError
        If there is nothing to do, or a file is not what it should be.
    """
    from pygoodvibes.models import machine_model, signature

    if new_keys is not None:
        private, public = signature.write_keys(new_keys)
        print(f"Private key: {private} (keep it to yourself)")
        print(f"Public key: {public} (hand it on)")
        key = key or str(private)
    elif not paths:
        raise UserError("nothing to sign: name a model, or make keys with --new-keys NAME")
    if paths and key is None:
        raise UserError("no key to sign with: give one with --key, or make one with --new-keys")
    for path in paths:
        content = machine_model.read_bytes(path)
        machine_model.loads(content, path)  # nothing else is signed
        print(f"Signature: {signature.sign(path, content, key)}")
    return 0
