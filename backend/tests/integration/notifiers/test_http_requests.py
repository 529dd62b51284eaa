"""One request to an address that a user named, against a real HTTP server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from dbbackup.core.errors import AddressRefusedError, AppError, DeliveryError, HostUnknownError, ValidationError
from dbbackup.net.http import MAX_ANSWER_BYTES, parse_url, request
from dbbackup.net.resolve import NetRules, resolve
from devtools.servers import HttpReceiver, Reply, free_port
from devtools.servers.tls import make_server_tls


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


class Names:
    """A resolver of our own; counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_request_when_a_name_is_given_then_the_checked_address_is_connected_to_with_that_name(
    receiver: HttpReceiver,
) -> None:
    # The second answer is what an attacker's name server gives once the check is past.
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    url = f"http://hook.example.com:{receiver.port}/in?token=t"
    answer = await request("POST", url, NetRules(lookup=names), body=b"{}")
    assert (answer.status, answer.ok, answer.text) == (200, True, "ok")
    assert names.asked == [("hook.example.com", receiver.port)]
    (got,) = receiver.received
    assert (got.method, got.path, got.body) == ("POST", "/in?token=t", b"{}")
    assert got.headers["host"] == f"hook.example.com:{receiver.port}"


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"])
async def test_request_when_the_name_stands_for_a_dangerous_address_then_it_is_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError, match=r"Nothing may be sent to innocent\.example\.com"):
        await request("GET", "http://innocent.example.com/", NetRules(lookup=Names([address])))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://169.254.43518/",
        "http://0/",
    ],
)
async def test_request_when_the_url_holds_a_dangerous_address_in_any_spelling_then_it_is_refused(url: str) -> None:
    with pytest.raises(AppError):
        await request("GET", url, NetRules(), seconds=5)


async def test_request_when_private_addresses_are_forbidden_then_loopback_is_not_reached(
    receiver: HttpReceiver,
) -> None:
    for url in (receiver.url, f"http://localhost:{receiver.port}"):
        with pytest.raises(AddressRefusedError, match=r"network\.allowPrivateAddresses"):
            await request("GET", url, NetRules(allow_private=False))
    assert receiver.received == []


async def test_resolve_when_only_some_addresses_are_allowed_then_those_are_used() -> None:
    rules = NetRules(lookup=Names(["169.254.1.1", "10.0.0.1", "93.184.215.14"]))
    assert await resolve("h", 1, rules) == ["10.0.0.1", "93.184.215.14"]
    assert await resolve("127.0.0.1", 1, rules) == ["127.0.0.1"]


async def test_resolve_when_the_name_is_unknown_then_that_is_said() -> None:
    with pytest.raises(HostUnknownError, match=r"no-such-host\.invalid"):
        await resolve("no-such-host.invalid", 80, NetRules())
    with pytest.raises(HostUnknownError):
        await resolve("empty.example.com", 80, NetRules(lookup=Names([])))


async def test_request_when_redirected_then_it_is_not_followed(receiver: HttpReceiver) -> None:
    receiver.reply = Reply(302, headers={"Location": f"{receiver.url}/elsewhere"})
    answer = await request("POST", receiver.url, NetRules(), body=b"x")
    assert (answer.status, len(receiver.received)) == (302, 1)


async def test_request_when_nothing_is_answered_then_it_ends_in_time(receiver: HttpReceiver) -> None:
    receiver.reply = Reply(hang=True)
    with pytest.raises(DeliveryError, match=r"did not answer within 0\.3 s"):
        await request("GET", receiver.url, NetRules(), seconds=0.3)


async def test_request_when_the_answer_is_large_then_only_its_start_is_read(receiver: HttpReceiver) -> None:
    receiver.reply = Reply(200, body=b"x" * (MAX_ANSWER_BYTES * 8))
    answer = await request("GET", receiver.url, NetRules())
    assert len(answer.body) == MAX_ANSWER_BYTES
    receiver.reply = Reply(200, body=b"\x1f\x8b not gzip", headers={"Content-Encoding": "gzip"})
    assert (await request("GET", receiver.url, NetRules())).body == b"\x1f\x8b not gzip"


async def test_request_when_nobody_listens_then_that_is_said() -> None:
    with pytest.raises(DeliveryError, match="cannot be connected to: Connection refused"):
        await request("GET", f"http://127.0.0.1:{free_port()}", NetRules())


async def test_request_when_the_connection_is_broken_off_then_that_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.listen()

        def drop() -> None:
            connection, _ = server.accept()
            connection.recv(1024)
            connection.close()

        thread = threading.Thread(target=drop)
        thread.start()
        with pytest.raises(DeliveryError, match="broke the connection off"):
            await request("POST", f"http://127.0.0.1:{port}", NetRules(), body=b"x")
        thread.join()


async def test_request_over_tls_when_pinned_then_the_certificate_is_held_against_the_name() -> None:
    tls = make_server_tls()
    trusting = ssl.create_default_context(cadata=tls.ca_pem)
    rules = NetRules(lookup=Names(["127.0.0.1"]))
    with HttpReceiver.start(tls) as receiver:
        answer = await request("GET", f"https://localhost:{receiver.port}", rules, tls=trusting)
        assert answer.ok
        with pytest.raises(DeliveryError, match="certificate is not accepted"):
            await request("GET", f"https://other.example.com:{receiver.port}", rules, tls=trusting)
        with pytest.raises(DeliveryError, match="certificate is not accepted"):
            await request("GET", f"https://localhost:{receiver.port}", rules)


@pytest.mark.parametrize(
    "text", ["", "hook.example.com", "ftp://h/", "http://", "file:///etc/passwd", "http://u:p@h/", "http://h:99999/"]
)
def test_parse_url_when_it_is_none_then_it_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        parse_url(text)
    assert len(text) < len("https://") or text not in raised.value.message
