"""Servers that lie, and grants as servers word them."""

from __future__ import annotations

import asyncio
import struct

import pytest

from dbbackup.core.errors import DatabaseError
from dbbackup.core.secret import Secret
from dbbackup.engines.mysql_connect import session
from dbbackup.engines.mysql_privileges import Grants, read_grant
from dbbackup.engines.values import Connection, TlsMode

PASSWORD = "s3cret-in-clear"


def packet(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def greeting() -> bytes:
    flags = 0x000FF7DF | 0x00080000  # all but TLS; the last one is "plugins are known"
    flags &= ~0x0800
    low, high = struct.pack("<H", flags & 0xFFFF), struct.pack("<H", flags >> 16)
    head = b"\x0a" + b"8.4.0\0" + struct.pack("<I", 1) + b"saltsalt" + b"\0" + low + b"\x2d" + b"\x02\x00" + high
    return packet(0, head + b"\x15" + b"\0" * 10 + b"saltsaltsalt\0" + b"mysql_native_password\0")


async def heard_by(answers: list[bytes]) -> tuple[str, bytes]:
    """Connect to a server that sends these; return our error and what the server heard."""
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer)
            await writer.drain()
            heard.extend(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        connection = Connection("127.0.0.1", port, "shop", "me", Secret(PASSWORD), TlsMode.PREFER, connect_timeout=3)
        with pytest.raises(DatabaseError) as caught:
            async with session(connection):
                pass
    return caught.value.message, bytes(heard)


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog", b"mysql_old_password"])
async def test_the_password_is_never_handed_over_as_it_is(plugin: bytes) -> None:
    message, heard = await heard_by([greeting(), packet(2, b"\xfe" + plugin + b"\0salt"), b""])
    assert "signs in by clear text, which is not supported" in message
    assert PASSWORD.encode() not in heard
    assert b"me\0" in heard


@pytest.mark.parametrize("nonsense", [packet(0, b"\x0ax"), packet(0, b"\x0a8.0\0abc")])
async def test_a_greeting_that_is_none_is_told(nonsense: bytes) -> None:
    message, _ = await heard_by([nonsense])
    assert "is not a MySQL or MariaDB server" in message


def granted(*lines: str) -> Grants:
    result = Grants()
    for line in lines:
        read_grant(line, result)
    return result


def test_grants_count_where_they_are_given() -> None:
    mine = granted(
        "GRANT USAGE ON *.* TO `me`@`%`",
        "GRANT SELECT, SHOW VIEW ON `shop`.* TO `me`@`%` WITH GRANT OPTION",
        "GRANT SELECT (`i`, `j`), INSERT ON `other`.`t``x` TO `me`@`%`",
        "GRANT SELECT ON `mysql`.`proc` TO `me`@`%`",
        "GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `me`@`%`",
        "GRANT `role`@`%` TO `me`@`%`",
        "GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION",
    )
    assert mine.has("SELECT", "shop")
    assert not mine.has("SELECT", "other")
    assert mine.has("INSERT", "other", "t`x")
    assert not mine.has("SELECT", "other", "t`x")
    assert mine.has("SELECT", "mysql", "proc")
    assert not mine.has("SELECT", "*")


def test_all_privileges_are_all_and_a_revoke_takes_some_back() -> None:
    mine = granted(
        "GRANT ALL PRIVILEGES ON `a`.* TO `me`@`%`",
        "GRANT SELECT, INSERT ON *.* TO `me`@`%`",
        "REVOKE SELECT ON `secret`.* FROM `me`@`%`",
    )
    assert mine.has("TRIGGER", "a")
    assert mine.has("SELECT", "*")
    assert mine.has("SELECT", "b")
    assert not mine.has("SELECT", "secret")
    assert mine.has("INSERT", "secret")


def test_of_several_patterns_the_nearest_counts_alone() -> None:
    mine = granted(
        "GRANT SELECT ON `sh%`.* TO `me`@`%`",
        "GRANT TRIGGER ON `sh_p`.* TO `me`@`%`",
        "GRANT EVENT ON `sh\\_p`.* TO `me`@`%`",
    )
    assert mine.on_database("sh_p") == {"EVENT"}
    assert mine.on_database("shop") == {"TRIGGER"}
    assert mine.on_database("shelf") == {"SELECT"}
    assert mine.pattern_for("other") == "other"
