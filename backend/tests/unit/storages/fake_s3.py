"""An S3 service of a few lines whose answers a test can spoil: for what a real one does too rarely.

Access keys are not checked and checksums not computed: the real server's tests do that.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.sax.saxutils import escape

from aiohttp import web

Answer = web.StreamResponse
Rule = Callable[[web.Request], Awaitable[Answer | None]]
_STAMP = "2026-11-22T12:00:00.000Z"


@dataclass
class Stored:
    """An object or, with `parts`, an open upload."""

    key: str
    headers: dict[str, str]
    data: bytes = b""
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass
class FakeS3:
    """`rules[operation]` are used up one a request; each answers, or returns None to let it pass."""

    endpoint: str = ""
    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Stored] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    def spoil(self, operation: str, *rules: Rule) -> None:
        self.rules.setdefault(operation, []).extend(rules)

    async def handle(self, request: web.Request) -> Answer:
        operation = _operation(request)
        self.log.append(operation)
        self.requests.append(request)
        waiting = self.rules.get(operation, [])
        if waiting and (answer := await waiting.pop(0)(request)) is not None:
            return answer
        return await self.answer(request)

    async def answer(self, request: web.Request) -> Answer:
        """Answer like a service."""
        key = unquote(request.path.partition("/b/")[2])
        method = getattr(self, f"_{_operation(request).lower()}")
        answer: Answer = await method(request, key)
        return answer

    async def _put(self, request: web.Request, key: str) -> Answer:
        if request.headers.get("If-None-Match") and key in self.objects:
            return error(412, "PreconditionFailed")
        self.objects[key] = Stored(key, _kept(request), await request.read())
        return web.Response(headers={"ETag": '"put"'})

    async def _create(self, request: web.Request, key: str) -> Answer:
        name = secrets.token_hex(4)
        self.uploads[name] = Stored(key, _kept(request))
        body = f"<R><Bucket>b</Bucket><Key>{escape(key)}</Key><UploadId>{name}</UploadId></R>"
        return web.Response(text=body, content_type="application/xml")

    async def _part(self, request: web.Request, key: str) -> Answer:
        upload = self.uploads[request.query["uploadId"]]
        number = int(request.query["partNumber"])
        upload.parts[number] = await request.read()
        return web.Response(headers={"ETag": f'"part-{number}"'})

    async def _complete(self, request: web.Request, key: str) -> Answer:
        upload = self.uploads.get(request.query["uploadId"])
        if upload is None:
            return error(404, "NoSuchUpload")
        if request.headers.get("If-None-Match") and key in self.objects:
            return error(412, "PreconditionFailed")
        del self.uploads[request.query["uploadId"]]
        upload.data = b"".join(data for _, data in sorted(upload.parts.items()))
        self.objects[key] = upload
        return web.Response(text='<R><ETag>"multi"</ETag></R>', content_type="application/xml")

    async def _abort(self, request: web.Request, key: str) -> Answer:
        if self.uploads.pop(request.query["uploadId"], None) is None:
            return error(404, "NoSuchUpload")
        return web.Response(status=204)

    async def _uploads(self, request: web.Request, key: str) -> Answer:
        entries = "".join(
            f"<Upload><Key>{escape(one.key)}</Key><UploadId>{name}</UploadId><Initiated>{_STAMP}</Initiated></Upload>"
            for name, one in self.uploads.items()
        )
        return web.Response(text=f"<R>{entries}<IsTruncated>false</IsTruncated></R>", content_type="application/xml")

    async def _list(self, request: web.Request, key: str) -> Answer:
        entries = "".join(
            f"<Contents><Key>{escape(one.key)}</Key><Size>{len(one.data)}</Size><ETag>x</ETag>"
            f"<LastModified>{_STAMP}</LastModified></Contents>"
            for one in self.objects.values()
        )
        return web.Response(text=f"<R>{entries}<IsTruncated>false</IsTruncated></R>", content_type="application/xml")

    async def _head(self, request: web.Request, key: str) -> Answer:
        found = self.objects.get(key)
        if found is None:
            return web.Response(status=404)
        etag = '"multi"' if found.parts else '"put"'
        length = {"Content-Length": str(len(found.data))}
        stamp = {"Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT"}
        return web.Response(headers={"ETag": etag} | length | stamp | found.headers)

    async def _get(self, request: web.Request, key: str) -> Answer:
        found = self.objects.get(key)
        if found is None:
            return error(404, "NoSuchKey")
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        end = len(found.data)
        described = {"Content-Range": f"bytes {start}-{end - 1}/{end}", "ETag": '"put"'}
        return web.Response(status=206, body=found.data[start:], headers=described)

    async def _versioning(self, request: web.Request, key: str) -> Answer:
        return web.Response(text="<R/>", content_type="application/xml")

    async def _lock(self, request: web.Request, key: str) -> Answer:
        return error(404, "ObjectLockConfigurationNotFoundError")

    async def _tags(self, request: web.Request, key: str) -> Answer:
        body = "<R><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></R>"
        return web.Response(text=body, content_type="application/xml")

    async def _versions(self, request: web.Request, key: str) -> Answer:
        wanted = request.query["prefix"]
        found = "".join(
            f"<Version><Key>{escape(name)}</Key><VersionId>null</VersionId></Version>"
            for name in self.objects
            if name.startswith(wanted)
        )
        return web.Response(text=f"<R>{found}<IsTruncated>false</IsTruncated></R>", content_type="application/xml")

    async def _restore(self, request: web.Request, key: str) -> Answer:
        self.objects[key].headers["x-amz-restore"] = 'ongoing-request="true"'
        return web.Response(status=202)

    async def _delete(self, request: web.Request, key: str) -> Answer:
        if self.objects.pop(key, None) is None:
            return error(404, "NoSuchKey")
        return web.Response(status=204)


def error(status: int, code: str, message: str = "said so") -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return web.Response(status=status, text=body, content_type="application/xml")


def failing(status: int, code: str, message: str = "said so") -> Rule:
    """Refuse without doing anything."""

    async def rule(request: web.Request) -> Answer:
        await request.read()
        return error(status, code, message)

    return rule


def lost(fake: FakeS3) -> Rule:
    """Do what is asked, then break the connection instead of answering."""

    async def rule(request: web.Request) -> Answer:
        answer = await fake.answer(request)
        assert request.transport is not None
        request.transport.close()
        return answer

    return rule


def changed(fake: FakeS3, **headers: str) -> Rule:
    """Answer as usual with other headers (`_` for `-`)."""

    async def rule(request: web.Request) -> Answer:
        answer = await fake.answer(request)
        answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        return answer

    return rule


def text(body: str, status: int = 200, kind: str = "application/xml") -> Rule:
    """Answer with this text."""

    async def rule(request: web.Request) -> Answer:
        await request.read()
        return web.Response(status=status, text=body, content_type=kind)

    return rule


def silent() -> Rule:
    """Never answer."""

    async def rule(request: web.Request) -> Answer:
        await asyncio.sleep(3600)
        raise AssertionError

    return rule


async def passing(request: web.Request) -> None:
    """Let the request pass."""


@asynccontextmanager
async def fake_s3() -> AsyncIterator[FakeS3]:
    """Serve on a free port."""
    fake = FakeS3()
    application = web.Application(client_max_size=1 << 30)
    application.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()


def _kept(request: web.Request) -> dict[str, str]:
    """The metadata and the storage class, which HEAD gives back."""
    return {
        name: value
        for name, value in request.headers.items()
        if name.lower().startswith(("x-amz-meta-", "x-amz-storage-class"))
    }


def _operation(request: web.Request) -> str:
    query, method = request.query, request.method
    on_bucket = re.fullmatch("/b/?", request.path) is not None
    for name, asked in (("versioning", "Versioning"), ("object-lock", "Lock"), ("tagging", "Tags")):
        if name in query:
            return asked
    if "versions" in query:
        return "Versions"
    if "restore" in query:
        return "Restore"
    if "uploads" in query:
        return "Uploads" if method == "GET" else "Create"
    if "uploadId" in query:
        return {"PUT": "Part", "POST": "Complete", "DELETE": "Abort"}[method]
    if on_bucket:
        return "List"
    return {"PUT": "Put", "HEAD": "Head", "GET": "Get", "DELETE": "Delete"}[method]
