"""Encryption in the OpenPGP format by gpg, as a stage of its own between the transforms.

Each gpg works in a home of its own, which holds the keys it needs and is gone afterwards. Private keys need gpg's
agent. It is started with gpg, not by gpg: such an agent ends by itself within seconds when gpg has ended, even when
this program was killed and ends nothing any more.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dbbackup.core.errors import BackupError, IntegrityError, KeyMissingError, ToolMissingError
from dbbackup.core.naming import random_token
from dbbackup.core.openpgp import OpenPgpKey, Status
from dbbackup.core.secret import Secret
from dbbackup.engines.values import Command
from dbbackup.pipeline.inlet import Inlet, pour
from dbbackup.pipeline.process import Process, Workshop, big_pipe
from dbbackup.pipeline.reader import PipeReader
from dbbackup.pipeline.stream import Stream, closing
from dbbackup.storages.offload import finish, in_thread

NAME = "openpgp"
"""As manifests and the API call it."""
EXTENSION = "gpg"
_MEMORY = Path("/dev/shm")  # noqa: S108 - in memory: a private key does not come to lie on a disk
_PREFIX = "dbbackup-gpg-"
_HEAD = 64 << 10
"""Bytes of a file within which gpg has seen whom it is encrypted to."""
OPTIONS = (
    "--no-options",
    "--batch",
    "--no-tty",
    "--disable-dirmngr",
    "--trust-model=always",
    "--pinentry-mode=loopback",
    "--status-fd=2",
)
_PROGRAMS = ("gpg", "gpg-agent", "gpgconf")
# An agent that is given what to run ends with it.
_AGENT = ("gpg-agent", "--daemon", "--disable-scdaemon", "--log-file=/dev/null", "--")
_DECRYPT = f"""
if [ -s keys ]; then gpg {" ".join(OPTIONS)} --import keys </dev/null >/dev/null 2>&1; fi
rm -f keys
exec gpg {" ".join(OPTIONS)} --decrypt
"""
_END_AGENT = "gpgconf --kill gpg-agent; gpgconf --remove-socketdir"


@dataclass(frozen=True, slots=True)
class GpgPlace:
    """Where homes of gpg are made, and for which instance; `workshop` says who owns the processes."""

    work_path: Path
    instance_id: str
    workshop: Workshop

    @classmethod
    def of(cls, work_path: Path, instance_id: str, workshop: Workshop | None = None) -> GpgPlace:
        """Return the place for a run, or without one for what is done meanwhile."""
        return cls(work_path, instance_id, workshop or Workshop(work_path, f"{instance_id}:gpg"))


@dataclass(frozen=True, slots=True)
class GpgRecipients:
    """Whom gpg encrypts to; each of them alone can open the result."""

    keys: Sequence[OpenPgpKey]
    place: GpgPlace


@dataclass(frozen=True, slots=True)
class GpgIdentities:
    """The private keys at hand."""

    keys: Sequence[Secret]
    place: GpgPlace


async def encrypted(stream: Stream, recipients: GpgRecipients) -> Stream:
    """Encrypt a stream; its end means that gpg ended well. Raises ToolMissingError, BackupError."""
    async with gpg_home(recipients.place) as home:
        files = {home.folder / f"to-{n}.asc": key.public.encode() for n, key in enumerate(recipients.keys)}
        to = [f"--recipient-file={path.name}" for path in files]
        flags = ["--no-autostart", "--compress-algo=none", "--cipher-algo=AES256", *to, "--encrypt"]
        command = Command(argv=("gpg", *OPTIONS, *flags), env=_environment(home), files=files, tool="gpg")
        status = Status()
        async with _running(command, home, stream, status) as tool:
            async for chunk in tool.output():
                yield chunk
            code = await tool.end()
    if code != 0 or not status.encrypted:
        raise _not_encrypted(status, tool.words)


async def decrypted(stream: Stream, identities: GpgIdentities) -> Stream:
    """Decrypt a stream. What it gives is proven only by its normal end, as gpg checks it there.

    Raises:
        ToolMissingError: gpg is not installed.
        KeyMissingError: none of the private keys opens it.
        IntegrityError: it was altered or cut, or nothing in it shows that it was not.
    """
    async with gpg_home(identities.place) as home:
        status = Status()
        async with _running(_decrypting(home, identities), home, stream, status) as tool:
            async for chunk in tool.output():
                yield chunk
            code = await tool.end()
    if code != 0 or not status.whole:
        raise _not_decrypted(status, tool.words)


async def check_opens(stream: Stream, identities: GpgIdentities) -> None:
    """Read no more than the beginning of an encrypted file, and try to open it. Raises as `decrypted`."""
    async with gpg_home(identities.place) as home:
        status = Status()
        async with _running(_decrypting(home, identities), home, _beginning(stream), status) as tool:
            async for _ in tool.output():
                pass
            await tool.end()
    if not status.opened:
        raise _not_decrypted(status, tool.words)


@asynccontextmanager
async def gpg_home(place: GpgPlace) -> AsyncIterator[Workshop]:
    """Make a home for gpg, its processes' folder too; gone at the end, and with it the agent that lives there.

    In memory where the system has a place for that. After a crash the next start knows it by its name.
    """
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise ToolMissingError(
                f"OpenPGP needs {program}, which is not there: install the packages gpg and gpg-agent, or use age."
            )
    home = await in_thread(_make_home, place)
    workshop = replace(place.workshop, folder=home)
    try:
        yield workshop
    finally:
        await finish(_remove_home(workshop))


def sweep_homes(instance_id: str, work_path: Path) -> int:
    """Remove the homes that an earlier process of this instance left; return how many."""
    count = 0
    for root in (_MEMORY, work_path):
        for home in root.glob(f"{_PREFIX}{instance_id}-*") if root.is_dir() else ():
            # In a folder that everybody may write to: only what is ours, and no link.
            with suppress(OSError):
                if home.lstat().st_uid == os.getuid() and not home.is_symlink():
                    shutil.rmtree(home, ignore_errors=True)
                    count += 1
    return count


def under_agent(home: Workshop, script: str, files: dict[str, bytes]) -> Command:
    """Return what runs a script of gpg's with an agent, in a home that holds these files."""
    return Command(
        argv=(*_AGENT, "sh", "-c", script),
        env=_environment(home),
        files={home.folder / name: content for name, content in files.items()},
        tool="gpg",
    )


class _Tool:
    """A gpg that is fed in the background."""

    def __init__(self, tool: Process, reader: PipeReader, feeding: asyncio.Task[None]) -> None:
        self.words: list[str] = []
        """What it said last, for people."""
        self._tool = tool
        self._reader = reader
        self._feeding = feeding

    def output(self) -> AsyncIterator[bytes]:
        return self._reader.chunks()

    async def end(self) -> int:
        """Return the exit code; raise what the stream raised that it was fed with."""
        await self._feeding
        code = await self._tool.wait()
        self.words = [line for line in self._tool.stderr_tail if line.startswith("gpg: ")]
        return code


@asynccontextmanager
async def _running(command: Command, home: Workshop, stream: Stream, status: Status) -> AsyncIterator[_Tool]:
    async with AsyncExitStack() as stack:
        in_read, in_write = big_pipe()
        out_read, out_write = big_pipe()
        try:
            tool = await Process.start(command, home, stdin=in_read, stdout=out_write, on_line=status.take)
        except BaseException:
            os.close(in_write)
            os.close(out_read)
            raise
        finally:
            os.close(in_read)
            os.close(out_write)
        reader = PipeReader(out_read)
        # Last: its thread may be waiting for the process.
        stack.push_async_callback(reader.close)
        feeding = asyncio.create_task(_feed(stream, Inlet(in_write), tool))
        stack.push_async_callback(_stop, feeding, tool)
        yield _Tool(tool, reader, feeding)


async def _feed(stream: Stream, inlet: Inlet, tool: Process) -> None:
    """End of input looks like success: on any error gpg is killed before it sees one."""
    try:
        async with closing(stream) as chunks:
            await pour(chunks, inlet, tool)
    except BaseException:
        await tool.end(at_once=True)
        raise
    finally:
        await inlet.close()


async def _stop(feeding: asyncio.Task[None], tool: Process) -> None:
    await tool.end(at_once=True)
    feeding.cancel()
    await finish(asyncio.wait((feeding,)))


async def _beginning(stream: Stream) -> Stream:
    left = _HEAD
    async with closing(stream) as chunks:
        async for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return


def _decrypting(home: Workshop, identities: GpgIdentities) -> Command:
    keys = "\n".join(key.reveal() for key in identities.keys)
    return under_agent(home, _DECRYPT, {"keys": keys.encode()})


def _environment(home: Workshop) -> dict[str, str]:
    return {"GNUPGHOME": str(home.folder)}


def _make_home(place: GpgPlace) -> Path:
    memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    home = (_MEMORY if memory else place.work_path) / f"{_PREFIX}{place.instance_id}-{random_token(8)}"
    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.mkdir(mode=0o700)
    return home


async def _remove_home(home: Workshop) -> None:
    if not await in_thread(home.folder.is_dir):
        return
    try:
        command = Command(argv=("sh", "-c", _END_AGENT), env=_environment(home))
        ending = await Process.start(command, home)
        try:
            await ending.wait()
        finally:
            await ending.end()
    finally:
        await in_thread(shutil.rmtree, home.folder, ignore_errors=True)


def _not_encrypted(status: Status, words: list[str]) -> BackupError:
    if status.refused:
        return BackupError(
            f"gpg does not encrypt to {', '.join(status.refused)}: has the key expired? Make another key active under"
            " Encryption keys."
        )
    return BackupError(f"gpg did not encrypt the backup to its end: {words[-1] if words else 'it was ended'}.")


def _not_decrypted(status: Status, words: list[str]) -> IntegrityError | KeyMissingError:
    if status.missing and not status.opened:
        return KeyMissingError("No private key kept here opens this file.")
    if status.decrypted and not status.protected:
        return IntegrityError("The OpenPGP file has no integrity protection: nobody can tell whether it was altered.")
    last = f" ({words[-1]})" if words else ""
    return IntegrityError(
        f"The OpenPGP file cannot be decrypted to its end: it was altered, damaged or cut off{last}."
        " Restore from another copy or another backup."
    )
