"""A client that checks the envelope of every answer and remembers every body it saw."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

ENDED = ("completed", "failed", "cancelled")


class HttpApi:
    """Calls below /api; `seen` holds the text of every answer but downloads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=60.0, trust_env=False)
        self.seen: list[str] = []

    def close(self) -> None:
        self.http.close()

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Call and return the answer as it is."""
        if body is not None:
            more["json"] = body
        answer = self.http.request(method, f"/api{path}", **more)
        if answer.headers.get("content-type", "").startswith("application/json"):
            self.seen.append(answer.text)
        return answer

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """Call, hold the envelope of a success, and return `data`."""
        return self.whole(method, path, body, **params)["data"]

    def whole(self, method: str, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        """Do the same and return the whole envelope."""
        answer = self.request(method, path, body, params=params)
        content: dict[str, Any] = answer.json()
        assert answer.is_success, answer.text
        assert content.keys() == {"success", "data", "error", "meta"}
        assert content["success"] is True
        assert content["error"] is None
        assert_meta(content["meta"])
        return content

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, **params)

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        return self.call("POST", path, body, **params)

    def put(self, path: str, body: Any, **params: Any) -> Any:
        return self.call("PUT", path, body, **params)

    def delete(self, path: str, **params: Any) -> Any:
        return self.call("DELETE", path, **params)

    def refused(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int,
        code: str,
        fields: set[str] | None = None,
        says: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        """Call, hold the envelope of a failure with status, code, fields and words, and return `error`."""
        answer = self.request(method, path, body, **more)
        return assert_refused(answer, status=status, code=code, fields=fields, says=says)

    def wait(self, path: str, *, patience: float = 180.0) -> dict[str, Any]:
        """Wait for the end of a run and return it."""
        return self.until(path, lambda run: run["status"] in ENDED, patience=patience)

    def until(
        self, path: str, condition: Callable[[dict[str, Any]], bool], *, patience: float = 180.0
    ) -> dict[str, Any]:
        """Ask again and again until the condition holds."""
        # Less and less often: each answer costs the product more than the wait costs the test.
        deadline, pause = time.monotonic() + patience, 0.03
        while True:
            found: dict[str, Any] = self.get(path)
            if condition(found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)


def assert_refused(
    answer: httpx.Response, *, status: int, code: str, fields: set[str] | None = None, says: str = ""
) -> dict[str, Any]:
    """Hold the envelope of a failure; `fields` are the names in `details`, `says` is part of the message."""
    content: dict[str, Any] = answer.json()
    assert (answer.status_code, content["error"]["code"]) == (status, code), answer.text
    assert content.keys() == {"success", "data", "error", "meta"}
    assert content["success"] is False
    assert content["data"] is None
    assert_meta(content["meta"])
    error: dict[str, Any] = content["error"]
    assert error.keys() == {"code", "message", "details"}
    assert len(error["message"]) > 10
    assert says in error["message"], error["message"]
    for detail in error["details"]:
        assert detail.keys() == {"field", "message"}
        assert detail["message"]
    if fields is not None:
        assert {detail["field"] for detail in error["details"]} == fields, answer.text
    return error


def assert_meta(meta: dict[str, Any]) -> None:
    """Every answer says when it was given; pages say more."""
    assert meta.keys() == {"timestamp", "page", "limit", "total"}
    assert datetime.fromisoformat(meta["timestamp"]).utcoffset() is not None
