"""The only wiring file: puts settings, catalogue, engines, storages, worker and API together."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path

import msgspec
from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from loguru import logger

from dbbackup.api import openapi
from dbbackup.api.auditing import Auditing
from dbbackup.api.errors import HANDLERS
from dbbackup.api.identification import Identification
from dbbackup.api.live.origin import cross_origin
from dbbackup.api.requests import RequestIds
from dbbackup.api.routes import router
from dbbackup.api.spa import spa_routes
from dbbackup.core.errors import AppError, ValidationError
from dbbackup.core.events import EVENTS_CHANNEL, LOGS_CHANNEL, Event, Events, LogHint
from dbbackup.core.logbook import Logbook
from dbbackup.db.lock import CatalogueLock, lock_catalogue
from dbbackup.db.migrate import migrate
from dbbackup.db.session import Catalogue
from dbbackup.engines import build_registry
from dbbackup.services import bootstrap, live_settings
from dbbackup.services.context import Context, Runtime
from dbbackup.services.first_admin import prepare_access
from dbbackup.services.retention_policies import make_standard
from dbbackup.services.storages import StoragePool
from dbbackup.settings import Settings
from dbbackup.worker.worker import Worker


class ChannelEvents:
    """Publishes to the WebSockets of this process."""

    def __init__(self, channels: ChannelsPlugin) -> None:
        self._channels = channels

    def publish(self, channel: str, message: Event | LogHint) -> None:
        """Send the message to whoever listens on the channel now."""
        # The channels open after the worker has put things in order and close before it stops: nobody listens then.
        with suppress(RuntimeError):
            self._channels.publish(msgspec.json.encode(message), [channel])


def create_app(
    settings: Settings,
    logbook: Logbook | None = None,
    lock: CatalogueLock | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Litestar:
    """Return the application; nothing is opened before it starts. The logbook is what the page shows of the log.

    `lock` is the catalogue's when the caller has taken it; else the start does. `ready` is called when it has started.
    """
    channels = ChannelsPlugin(
        backend=MemoryChannelsBackend(),
        channels=[EVENTS_CHANNEL, LOGS_CHANNEL],
        # A reader that stands still loses the oldest messages, never the memory of the process.
        subscriber_max_backlog=1000,
        subscriber_backlog_strategy="dropleft",
    )

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            async with running(settings, ChannelEvents(channels), logbook or Logbook(), lock) as ctx:
                app.state.context = ctx
                ready()
                yield
        except AppError as error:
            app.state.refused = error
            raise

    return Litestar(
        route_handlers=[router, openapi.document, *spa_routes(settings.static_dir)],
        lifespan=[lifespan],
        plugins=[channels],
        cors_config=cross_origin(settings),
        middleware=[RequestIds(), Identification(), Auditing()],
        exception_handlers=HANDLERS,
        openapi_config=openapi.CONFIG,
        logging_config=None,
    )


@asynccontextmanager
async def running(
    settings: Settings, events: ChannelEvents, logbook: Logbook, lock: CatalogueLock | None = None
) -> AsyncIterator[Context]:
    """Open everything in order, run the worker, and close everything in reverse."""
    async with opened(settings, events, logbook, lock) as ctx:
        await prepare_access(ctx)
        worker = Worker(ctx)
        await worker.start()
        logger.bind(category="application").info("Ready (instance {})", ctx.instance_id)
        try:
            yield ctx
        finally:
            await worker.stop()


@asynccontextmanager
async def opened(
    settings: Settings, events: Events, logbook: Logbook | None = None, taken: CatalogueLock | None = None
) -> AsyncIterator[Context]:
    """Open the catalogue and what lies around it, without the worker: for one command.

    `taken` is the catalogue's lock when the caller has it, and lets it go.
    """
    with nullcontext(taken) if taken else lock_catalogue(settings.catalogue) as lock:
        _make_storage(settings.storage_path)
        await migrate(settings.catalogue)
        catalogue = Catalogue(settings.catalogue, lock.holder)
        sealer = await bootstrap.open_sealer(catalogue, settings)
        runtime = Runtime()
        await bootstrap.apply_s3_environment(catalogue, sealer, settings.s3)
        async with catalogue.transaction() as session:
            await make_standard(session)
        ctx = Context(
            settings=settings,
            catalogue=catalogue,
            sealer=sealer,
            engines=build_registry(settings.client_dirs),
            storages=StoragePool(settings, catalogue, sealer, lambda: runtime.live),
            events=events,
            instance_id=await bootstrap.instance_id(catalogue),
            logbook=logbook or Logbook(),
            audit_key=await bootstrap.open_audit_key(catalogue, sealer),
            signing_key=await bootstrap.signing_key(catalogue, sealer),
            runtime=runtime,
        )
        async with catalogue.sessions() as session:
            ctx.runtime.live = await live_settings.load(session, settings)
        keeping = asyncio.create_task(lock.keep(_end_at_once))
        try:
            yield ctx
        finally:
            keeping.cancel()
            await ctx.storages.close()
            await catalogue.close()


def _end_at_once() -> None:
    """Another instance has the catalogue: stop in order, as when asked to from outside."""
    os.kill(os.getpid(), signal.SIGTERM)


def _make_storage(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError.of(
            "BACKUP_STORAGE_PATH",
            f"The folder {path} cannot be made: {error.strerror}. Let this program's user write there, or name another"
            " one (BACKUP_STORAGE_PATH).",
        ) from error
