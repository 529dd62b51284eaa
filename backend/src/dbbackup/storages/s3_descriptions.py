"""Reads botocore's descriptions of the S3 service, without what nobody here reads: they stay in memory for good."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aiobotocore.session import AioSession  # type: ignore[import-untyped]
from botocore.loaders import JSONFileLoader


def prepared_session() -> AioSession:
    """Return a session with its large description files read: 0.1 to 0.3 s that the loop must not spend."""
    session = AioSession()
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    """Return the reader of the description files, one for all sessions: it keeps what it has read."""
    loader = AioSession().get_component("data_loader")
    loader.file_loader = _Lean()
    # The largest first: the others take the place of what is left out of it.
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
    for kind in ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"):
        loader.load_service_model("s3", kind)
    return loader


class _Lean(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Leaves out texts for people and the addresses of Amazon's 300 other services while reading: 10 MiB."""

    def _load_file(self, full_path: str, open_method: Any) -> Any:
        # botocore's own, but for what is made of each object.
        try:
            with open_method(full_path, "rb") as file:
                return json.loads(file.read(), object_pairs_hook=_needed)
        except FileNotFoundError:
            return None


def _needed(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Emptied, not left out: botocore counts on some of them.
    found = {name: "" if name == "documentation" and isinstance(value, str) else value for name, value in pairs}
    services = found.get("services")
    if isinstance(services, dict) and "s3" in services:
        found["services"] = {"s3": services["s3"]}
    return found
