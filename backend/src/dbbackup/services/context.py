"""What every use case may need, put together once in `main` and handed down."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dbbackup.core.container_labels import LabelNotice
from dbbackup.core.containers import Container
from dbbackup.core.crypto import Sealer
from dbbackup.core.events import Events
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.logbook import Logbook
from dbbackup.core.progress import RunProgress
from dbbackup.core.rate_limit import RateLimit
from dbbackup.core.signing import SigningKey
from dbbackup.db.session import Catalogue
from dbbackup.engines.base import Engine
from dbbackup.net.oidc import Provider
from dbbackup.net.resolve import Lookup, NetRules, look_up
from dbbackup.services.overdue import Overdue
from dbbackup.services.s3_health import S3Health
from dbbackup.services.storages import StoragePool
from dbbackup.settings import Settings


@dataclass(slots=True)
class Runtime:
    """The little that lives in memory only: lost with the process, and nothing depends on it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the worker should look at the queue again."""
    sweep: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there may be copies to make or delete, or something else to clear away."""
    schedules_changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the scheduler should look at the schedules again."""
    scheduler_seen: float | None = None
    """When the scheduler last looked at the clock (monotonic); None when it does not run here."""
    outbox_wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is something to deliver."""
    audit_wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is a new audit event."""
    progress: dict[str, RunProgress] = field(default_factory=dict)
    """Counters of the executions running now, by id."""
    uploads: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an upload was received and waits to be checked."""
    figures_of: date | None = None
    """The day (UTC) on which the figures of the overview were last read ahead."""
    receiving: set[str] = field(default_factory=set)
    """Uploads that a request is writing to now, by id."""
    failures: dict[str, str] = field(default_factory=dict)
    """Background tasks that died, with the reason: shown by the health check."""
    s3_health: S3Health = field(default_factory=S3Health)
    started: float = field(default_factory=time.monotonic)
    clock_problem: str | None = None
    """Why the time of day is not believed, and retention held; None: it is."""
    cleanup: str | None = None
    """What the last cleanup of this process found that it could not do; None: nothing."""
    catalogue_copy: str | None = None
    """Why the last copy of the catalogue could not be made; None: it could."""
    cleaning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a cleanup goes on."""
    live: LiveSettings = field(default_factory=LiveSettings)
    """The live settings as they are now; replaced as a whole when one changes."""
    requests: RateLimit = field(default_factory=RateLimit)
    """How much each address may still ask."""
    strangers: RateLimit = field(default_factory=RateLimit)
    """How many refusals of people who are not signed in still go into the audit log."""
    unrecorded: int = 0
    """How many did not, since the last that did."""
    reads: dict[tuple[str, str], float] = field(default_factory=dict)
    """When whom which read was last recorded: a page that looks again and again is one event."""
    oidc_provider: tuple[Provider, float] | None = None
    """What the OpenID provider said of itself last, and until when that is believed (monotonic)."""
    label_notices: list[LabelNotice] = field(default_factory=list)
    """What the last look at labelled containers found wrong with their labels."""
    unprotected: list[Container] = field(default_factory=list)
    """Containers with a database server of which nothing is backed up, as last seen."""
    overdue: list[Overdue] = field(default_factory=list)
    """Databases that wait too long for a good backup, as of the last look."""
    setup_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """Lets whoever can read the log make the first administrator; another one at each start."""


@dataclass(frozen=True, slots=True)
class Context:
    """The wiring."""

    settings: Settings
    catalogue: Catalogue
    sealer: Sealer
    engines: Mapping[str, Engine]
    storages: StoragePool
    events: Events
    instance_id: str
    signing_key: SigningKey
    logbook: Logbook = field(default_factory=Logbook)
    audit_key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    """Keys the hashes of the audit log; `main` hands down the one that is kept in the catalogue."""
    runtime: Runtime = field(default_factory=Runtime)
    lookup: Lookup = look_up
    """How the names of hosts that users enter are resolved."""

    @property
    def net(self) -> NetRules:
        """Return what may be connected to now."""
        return NetRules(allow_private=self.live.allow_private_addresses, lookup=self.lookup)

    @property
    def private_net(self) -> NetRules:
        """Return what databases and object storage may be connected to: they stand at private addresses, too."""
        return NetRules(allow_private=True, lookup=self.lookup)

    @property
    def live(self) -> LiveSettings:
        """Return the live settings: ask again each time, do not keep them."""
        return self.runtime.live
