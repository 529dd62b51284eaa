"""One connection pool to one S3 service: opens late, limits every call in time, retries passing faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import aioboto3
import stamina
from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from botocore.handlers import add_expect_header

from dbbackup.core.errors import AppError
from dbbackup.net.guarded import GuardedResolver
from dbbackup.net.resolve import Lookup, NetRules, look_up, refuse_forbidden
from dbbackup.storages.offload import in_thread, within
from dbbackup.storages.s3_descriptions import prepared_session
from dbbackup.storages.s3_errors import to_error
from dbbackup.storages.s3_settings import S3Settings

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is tried and how long it may take; times in seconds.

    `answer` is the limit of an ordinary call, `complete` that of CompleteMultipartUpload, which
    Amazon answers late for large objects, and `stall` how long a part or a read may stand still.
    The defaults outlast an interruption of about two minutes.
    """

    attempts: int = 8
    wait_initial: float = 0.5
    wait_max: float = 30.0
    wait_jitter: float = 1.0
    connect: float = 10.0
    answer: float = 60.0
    complete: float = 600.0
    stall: float = 60.0


class S3Client:
    """The client of one storage object. `call` is the only way to the service."""

    def __init__(self, settings: S3Settings, patience: Patience, lookup: Lookup = look_up) -> None:
        self.settings = settings
        # Object storage of one's own stands at private addresses: those are always allowed.
        self.rules = NetRules(allow_private=True, lookup=lookup)
        self.patience = patience
        self._api: S3Api | None = None
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._retry = stamina.AsyncRetryingCaller(
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait_jitter,
        ).on(_is_passing)

    async def call(
        self,
        action: str,
        request: Callable[[S3Api], Awaitable[T]],
        *,
        limit: float | None = None,
        progress: Callable[[], int] = lambda: 0,
    ) -> T:
        """Return the answer; raise S3Error and its kin. Passing faults are tried again with backoff.

        `limit` (seconds, by default `Patience.answer`) starts anew whenever `progress` changes.
        """
        return await self.retrying(lambda: self.once(action, request, limit=limit, progress=progress))

    async def once(
        self,
        action: str,
        request: Callable[[S3Api], Awaitable[T]],
        *,
        limit: float | None = None,
        progress: Callable[[], int] = lambda: 0,
    ) -> T:
        """Do the same in a single attempt."""
        try:
            api = await self._opened()
            return await within(limit or self.patience.answer, _coroutine(request(api)), progress)
        except Exception as error:
            raise to_error(error, self.settings, action) from error

    async def retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Run the attempt until it succeeds, as often as patience lasts; only passing faults are repeated."""
        return await self._retry(attempt)

    async def close(self) -> None:
        """Close the connections, if any were opened."""
        async with self._opening:
            self._api = None
            await self._stack.aclose()

    async def _opened(self) -> S3Api:
        async with self._opening:
            if self._api is None:
                if self.settings.endpoint is not None:
                    await refuse_forbidden(urlsplit(self.settings.endpoint).hostname or "", 0, self.rules)
                session = await in_thread(prepared_session)
                client = aioboto3.Session(botocore_session=session).client("s3", **self._arguments())
                api: S3Api = await self._stack.enter_async_context(client)
                # `Expect: 100-continue` costs a round trip a part, and some proxies never answer it.
                api.meta.events.unregister("before-call.s3", add_expect_header)
                self._api = api
            return self._api

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments for botocore's client; the only place where the keys are revealed."""
        settings = self.settings
        config = AioConfig(
            signature_version="s3v4",
            connector_args={"resolver": GuardedResolver(self.rules)},
            connect_timeout=self.patience.connect,
            # The limits above are the real ones; this is the backstop below them.
            read_timeout=2 * max(self.patience.complete, self.patience.answer),
            retries={"total_max_attempts": 1},
            max_pool_connections=24,
            # Checksums are made by us in a thread; botocore would make them in the event loop.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,
            s3={
                "addressing_style": "path" if settings.path_style else "auto",
                # Hashing the body for the signature would stall the loop; the signed checksum
                # header protects it.
                "payload_signing_enabled": False,
            },
        )
        return {
            "region_name": settings.region,
            "endpoint_url": settings.endpoint,
            "aws_access_key_id": settings.access_key.reveal(),
            "aws_secret_access_key": settings.secret_key.reveal(),
            # Reading the authorities' certificates takes 50 ms of the event loop: not for plain http.
            "verify": None if settings.verify_tls and not settings.plain else False,
            "config": config,
        }


def _is_passing(error: Exception) -> bool:
    return isinstance(error, AppError) and error.retryable


async def _coroutine(answer: Awaitable[T]) -> T:
    return await answer
