"""What every use case may need, put together once in `main` and handed down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dbbackup.core.crypto import Sealer
from dbbackup.core.events import Events
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.progress import RunProgress
from dbbackup.core.signing import SigningKey
from dbbackup.db.session import Catalogue
from dbbackup.engines.base import Engine
from dbbackup.services.storages import StoragePool
from dbbackup.settings import Settings


@dataclass(slots=True)
class Runtime:
    """The little that lives in memory only: lost with the process, and nothing depends on it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the worker should look at the queue again."""
    progress: dict[str, RunProgress] = field(default_factory=dict)
    """Counters of the executions running now, by id."""
    failures: dict[str, str] = field(default_factory=dict)
    """Background tasks that died, with the reason: shown by the health check."""
    started: float = field(default_factory=time.monotonic)
    live: LiveSettings = field(default_factory=LiveSettings)
    """The live settings as they are now; replaced as a whole when one changes."""


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
    runtime: Runtime = field(default_factory=Runtime)

    @property
    def live(self) -> LiveSettings:
        """Return the live settings: ask again each time, do not keep them."""
        return self.runtime.live
