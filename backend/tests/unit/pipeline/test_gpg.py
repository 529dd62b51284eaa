"""OpenPGP by the real gpg: opened by anybody's gpg, refused when altered, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dbbackup.core.errors import BackupError, IntegrityError, KeyMissingError, ToolMissingError, ValidationError
from dbbackup.core.naming import random_token
from dbbackup.core.openpgp import PUBLIC_BLOCK, OpenPgpKey, Status
from dbbackup.core.secret import Secret
from dbbackup.pipeline import gpg, gpg_keys
from dbbackup.pipeline.gpg import GpgIdentities, GpgPlace, GpgRecipients, check_opens, decrypted, encrypted
from dbbackup.pipeline.process import OWNER_VARIABLE, Process, Workshop
from dbbackup.pipeline.stream import Stream, closing

# Of this process alone: a run that was killed leaves its homes in a folder that all runs share.
INSTANCE = f"gpgtest{random_token(8)}"
TEXT = b"the rows of a table\n" * 20


@pytest.fixture
def place(tmp_path: Path) -> GpgPlace:
    return GpgPlace.of(tmp_path / "work", INSTANCE)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[OpenPgpKey]:
    place = GpgPlace.of(tmp_path_factory.mktemp("keys"), INSTANCE)

    async def two() -> list[OpenPgpKey]:
        return list(await asyncio.gather(gpg_keys.generate(place), gpg_keys.generate(place)))

    return asyncio.run(two())


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """After each test no home is there, and no process of a gpg."""
    yield
    assert list(Path("/dev/shm").glob(f"dbbackup-gpg-{INSTANCE}-*")) == []
    assert living() == []


def living() -> list[str]:
    mark, found = f"{OWNER_VARIABLE}={INSTANCE}:".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


async def pieces(data: bytes, size: int = 1 << 20) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def drained(stream: Stream) -> bytes:
    async with closing(stream) as chunks:
        return b"".join([chunk async for chunk in chunks])


def identities(place: GpgPlace, *keys: OpenPgpKey) -> GpgIdentities:
    return GpgIdentities([key.private for key in keys if key.private], place)


async def sealed(place: GpgPlace, keys: list[OpenPgpKey], data: bytes = TEXT) -> bytes:
    return await drained(encrypted(pieces(data), GpgRecipients(keys, place)))


def by_hand(home: Path, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a gpg of somebody's own, and end its agent."""
    env = {**os.environ, "GNUPGHOME": str(home)}
    command = ["gpg", "--batch", "--pinentry-mode=loopback", "--passphrase=", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, env=env, check=False)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env, check=True)
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(0o700)
    return folder


async def test_encrypted_when_to_several_then_each_of_them_opens_it_and_so_does_gpg_by_hand(
    place: GpgPlace, keys: list[OpenPgpKey], home: Path
) -> None:
    data = os.urandom(3 << 20)
    stored = await sealed(place, keys, data)
    for key in keys:
        await check_opens(pieces(stored, 1000), identities(place, key))
        assert await drained(decrypted(pieces(stored, 300_000), identities(place, key))) == data
    assert keys[0].private
    assert by_hand(home, "--import", data=keys[0].private.reveal().encode()).returncode == 0
    assert by_hand(home, "--decrypt", data=stored).stdout == data


async def test_decrypted_when_another_made_it_then_it_opens(
    place: GpgPlace, keys: list[OpenPgpKey], home: Path
) -> None:
    by_hand(home, "--import", data=keys[0].public.encode())
    for more in ([], ["--compress-algo=zlib"]):
        arguments = ["--trust-model=always", "--recipient", keys[0].fingerprint, *more, "--encrypt"]
        stored = by_hand(home, *arguments, data=TEXT).stdout
        assert await drained(decrypted(pieces(stored), identities(place, keys[0]))) == TEXT


async def test_decrypted_when_no_key_fits_then_that_is_said(place: GpgPlace, keys: list[OpenPgpKey]) -> None:
    stored = await sealed(place, keys[:1])
    for known in (identities(place), identities(place, keys[1])):
        with pytest.raises(KeyMissingError, match="No private key kept here"):
            await drained(decrypted(pieces(stored), known))
        with pytest.raises(KeyMissingError, match="No private key kept here"):
            await check_opens(pieces(stored), known)


async def test_decrypted_when_altered_cut_or_longer_then_refused(place: GpgPlace, keys: list[OpenPgpKey]) -> None:
    """Some places only, as each takes a gpg; the hash of the stored bytes sees every one of them.

    Two bytes in front of the session key are guarded by nothing in the format (a version that gpg does not look at, a
    number of bits): with them altered the message is opened as it was.
    """
    stored = await sealed(place, keys[:1])
    bad = [stored[:at] + bytes([stored[at] ^ 0x01]) + stored[at + 1 :] for at in range(0, len(stored), 11)]
    bad += [stored[:length] for length in (0, 1, 90, len(stored) // 2, len(stored) - 20, len(stored) - 1)]
    bad += [stored + stored, stored + b"\0", TEXT]
    known = identities(place, keys[0])

    async def opened(data: bytes) -> bytes | None:
        try:
            return await drained(decrypted(pieces(data), known))
        except (IntegrityError, KeyMissingError):
            return None

    assert set(await asyncio.gather(*map(opened, bad))) == {None}
    unguarded = [stored[:at] + bytes([stored[at] ^ 0x01]) + stored[at + 1 :] for at in (2, 13)]
    assert set(await asyncio.gather(*map(opened, unguarded))) <= {None, TEXT}


async def test_decrypted_when_the_integrity_protection_was_taken_off_then_refused(
    place: GpgPlace, keys: list[OpenPgpKey]
) -> None:
    """The packet with protection (18) is written as one without (9), whose version byte is missing."""
    stored = await sealed(place, keys[:1])
    start = 2 + stored[1] if not stored[0] & 3 else 3 + int.from_bytes(stored[1:3])
    body = stored[start + 3 :]
    assert (stored[start] & 0x3F, body[0]) == (18, 1)
    old = bytes([0x80 | 9 << 2 | 1]) + (len(body) - 1).to_bytes(2) + body[1:]
    with pytest.raises(IntegrityError):
        await drained(decrypted(pieces(stored[:start] + old), identities(place, keys[0])))
    status = Status()
    for line in ("DECRYPTION_KEY x", "DECRYPTION_OKAY", "PLAINTEXT 62"):
        status.take(f"[GNUPG:] {line}")
    assert not status.whole
    assert "no integrity protection" in str(gpg._not_decrypted(status, []))


async def test_streams_when_what_they_read_fails_or_nobody_reads_on_then_gpg_ends(
    place: GpgPlace, keys: list[OpenPgpKey]
) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield TEXT
        raise BackupError("the dump failed")

    with pytest.raises(BackupError, match="the dump failed"):
        await drained(encrypted(breaking(), GpgRecipients(keys, place)))
    stored = await sealed(place, keys[:1], os.urandom(4 << 20))
    async with closing(decrypted(pieces(stored), identities(place, keys[0]))) as chunks:
        await anext(chunks)
        assert len(living()) >= 2
    assert living() == []

    async def waiting() -> AsyncIterator[bytes]:
        yield TEXT
        await asyncio.sleep(60)

    going = asyncio.create_task(drained(encrypted(waiting(), GpgRecipients(keys, place))))
    while not living():
        await asyncio.sleep(0.01)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going


async def test_agent_when_the_program_is_gone_then_it_ends_by_itself_and_the_next_start_removes_its_home(
    place: GpgPlace, keys: list[OpenPgpKey]
) -> None:
    async with gpg.gpg_home(place) as home:
        tool = await Process.start(gpg.under_agent(home, "gpg-connect-agent /bye; sleep 60", {"k": b"x"}), home)
        while len(living()) < 2:
            await asyncio.sleep(0.01)
        assert home.folder.stat().st_mode & 0o777 == 0o700
        # What the kernel does to gpg when this program ends.
        os.kill(tool.pid, 9)
        await tool.wait()
        async with asyncio.timeout(60):
            while any("gpg-agent" in line for line in living()):
                await asyncio.sleep(0.05)
        link = home.folder.with_name(f"{home.folder.name}-link")
        link.symlink_to("/etc")
        assert gpg.sweep_homes(INSTANCE, place.work_path) == 1
        assert not home.folder.exists()
        link.unlink()
        await tool.end()
        # What had lost its parent is waited for by another one.
        async with asyncio.timeout(60):
            while living():
                await asyncio.sleep(0.05)


async def test_encrypted_when_the_key_has_expired_then_no_backup(place: GpgPlace, home: Path) -> None:
    by_hand(home, "--faked-system-time=20200101T000000", "--quick-generate-key", "old", "rsa2048", "encr", "1d")
    public = by_hand(home, "--armor", "--export").stdout.decode()
    with pytest.raises(ValidationError, match="has expired"):
        await gpg_keys.read_public(public, place)
    with pytest.raises(BackupError, match="has the key expired"):
        await sealed(place, [OpenPgpKey("A" * 40, public)])


async def test_keys_when_they_cannot_be_used_then_it_is_said_why(
    place: GpgPlace, keys: list[OpenPgpKey], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys[0].private
    private = keys[0].private.reveal()
    by_hand(home, "--quick-generate-key", "signs only", "ed25519", "sign", "0")
    signing = by_hand(home, "--armor", "--export").stdout.decode()
    # the time that a passphrase takes is measured anew by each agent
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")
    by_hand(home, "--passphrase=abc", "--quick-generate-key", "locked", "rsa2048", "encr", "0")
    locked = by_hand(home, "--passphrase=abc", "--armor", "--export-secret-keys", "locked").stdout.decode()
    assert "PRIVATE" in locked
    for text, words in (
        (keys[0].public + keys[1].public, "one key at a time"),
        (signing, "cannot encrypt"),
        (private, "This is a private key"),
        ("hello", "begins with"),
        (PUBLIC_BLOCK + "\nabc", "no OpenPGP key that gpg can read"),
    ):
        with pytest.raises(ValidationError, match=words):
            await gpg_keys.read_public(text, place)
    for text, words in ((keys[0].public, "begins with"), (locked, "Has it a passphrase")):
        with pytest.raises(ValidationError, match=words):
            await gpg_keys.read_private(Secret(text), place)
    again = await gpg_keys.read_private(keys[0].private, place)
    assert (again.fingerprint, again.private is not None) == (keys[0].fingerprint, True)
    assert (await gpg_keys.read_public(keys[0].public, place)).private is None
    monkeypatch.setattr(gpg_keys, "_SECONDS", 0.01)
    monkeypatch.setattr(gpg_keys, "_GENERATE", "sleep 9")
    with pytest.raises(BackupError, match="did not answer"):
        await gpg_keys.generate(place)
    monkeypatch.setattr(gpg_keys, "_SECONDS", 60)
    monkeypatch.setattr(gpg_keys, "_GENERATE", "false")
    with pytest.raises(BackupError, match="did not make a key"):
        await gpg_keys.generate(place)


async def test_gpg_when_it_is_missing_or_there_is_no_memory_then_a_clear_word_or_the_work_folder(
    place: GpgPlace, keys: list[OpenPgpKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpg, "_MEMORY", Path("/nowhere"))
    assert gpg.sweep_homes(INSTANCE, place.work_path) == 0
    async with gpg.gpg_home(place) as home:
        assert home.folder.parent == place.work_path
    workshop = Workshop(place.work_path, f"{INSTANCE}:run")
    assert GpgPlace.of(place.work_path, INSTANCE, workshop).workshop is workshop
    with monkeypatch.context() as changed:
        changed.setattr(gpg, "_AGENT", ("/nowhere/gpg-agent",))
        with pytest.raises(ToolMissingError, match="cannot be started"):
            await drained(decrypted(pieces(TEXT), identities(place, *keys)))
    assert "no room" in str(gpg._not_encrypted(Status(), ["gpg: no room"]))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolMissingError, match="install the packages gpg and gpg-agent"):
        await sealed(place, keys)
