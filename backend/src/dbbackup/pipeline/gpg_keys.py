"""Makes and reads OpenPGP keys with gpg, each in a home that is gone afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dbbackup.core.errors import BackupError, ValidationError
from dbbackup.core.openpgp import PRIVATE_BLOCK, PUBLIC_BLOCK, OpenPgpKey, fingerprint_of
from dbbackup.core.secret import Secret
from dbbackup.pipeline.gpg import OPTIONS, GpgPlace, gpg_home, under_agent
from dbbackup.pipeline.process import Process, Workshop
from dbbackup.storages.offload import in_thread

_SECONDS = 60
_GPG = f"gpg {' '.join(OPTIONS)}"
_PARAMETERS = b"""%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Key-Usage: sign,cert
Subkey-Type: ecdh
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: DB Backup
Expire-Date: 0
%commit
"""
_GENERATE = f"{_GPG} --generate-key given && {_GPG} --armor --export-secret-keys > private"
# A private key counts when it opens what the public one encrypts: it may be a stub of a card's, or want a passphrase.
_READ = f"""
{_GPG} --import given
{_GPG} --with-colons --fixed-list-mode --list-keys > list
{_GPG} --armor --export-options export-minimal --export > public
{_GPG} --armor --export-secret-keys > private </dev/null
[ -s private ] || exit 0
echo test > test
{_GPG} --recipient-file=public --output=sealed --encrypt test
{_GPG} --output=opened --decrypt sealed && cmp -s test opened
"""


async def generate(place: GpgPlace) -> OpenPgpKey:
    """Make a key of Curve25519 without a passphrase and without an end. Raises ToolMissingError, BackupError."""
    async with gpg_home(place) as home:
        if await _run(home, _GENERATE, _PARAMETERS) != 0:
            raise BackupError("gpg did not make a key. Is there room in memory (/dev/shm)?")
        made = Secret((home.folder / "private").read_text())
    return await read_private(made, place)


async def read_public(text: str, place: GpgPlace, field: str = "recipient") -> OpenPgpKey:
    """Read a public key in ASCII armour, and see that backups can be encrypted to it.

    Raises:
        ValidationError: of `field`; it cannot be read or used.
        ToolMissingError: gpg is not installed.
    """
    if PRIVATE_BLOCK in text:
        raise ValidationError.of(field, "This is a private key. Give it as a private key, or only its public part.")
    if PUBLIC_BLOCK not in text:
        raise ValidationError.of(field, f"An OpenPGP key begins with {PUBLIC_BLOCK}: give all of its lines.")
    async with gpg_home(place) as home:
        await _run(home, _READ, text.encode())
        return await _found(home.folder, field)


async def read_private(text: Secret, place: GpgPlace) -> OpenPgpKey:
    """Read a private key in ASCII armour, and prove that it opens what is encrypted to it. Raises as `read_public`."""
    if PRIVATE_BLOCK not in text.reveal():
        raise ValidationError.of("identity", f"A private OpenPGP key begins with {PRIVATE_BLOCK}.")
    async with gpg_home(place) as home:
        code = await _run(home, _READ, text.reveal().encode())
        key = await _found(home.folder, "identity")
    if code != 0 or key.private is None:
        raise ValidationError.of(
            "identity",
            "This private key does not open what is encrypted to it. Has it a passphrase, or does it lie on a card?"
            " Export it without a passphrase (gpg --edit-key ID passwd), or import the public key only and decrypt"
            " by hand.",
        )
    return key


async def _found(home: Path, field: str) -> OpenPgpKey:
    listing, public, private = [await in_thread(_read, home / name) for name in ("list", "public", "private")]
    return OpenPgpKey(fingerprint_of(listing, field), public, Secret(private) if private else None)


async def _run(home: Workshop, script: str, given: bytes) -> int:
    tool = await Process.start(under_agent(home, script, {"given": given}), home)
    try:
        async with asyncio.timeout(_SECONDS):
            return await tool.wait()
    except TimeoutError as error:
        raise BackupError(f"gpg did not answer within {_SECONDS} s.") from error
    finally:
        await tool.end(at_once=True)


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
