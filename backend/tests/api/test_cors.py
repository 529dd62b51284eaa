"""Pages of other sites: what the browser lets them read, by the headers it is sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.running_app import RunningApp

KNOWN, STRANGE = "https://tools.example.com", "https://evil.example.com"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with RunningApp.start(tmp_path_factory.mktemp("cors"), allowed_origins=(KNOWN,)) as running:
        yield running


def ask(app: RunningApp, origin: str, method: str = "GET", **headers: str) -> httpx.Response:
    return httpx.request(method, f"{app.api.url}/api/databases", headers={"Origin": origin, **headers})


def test_answer_when_the_origin_is_named_then_its_page_may_read_it_without_the_browsers_credentials(
    app: RunningApp,
) -> None:
    answer = ask(app, KNOWN)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == KNOWN
    assert "access-control-allow-credentials" not in answer.headers
    assert "origin" in answer.headers["vary"].lower()


def test_answer_when_the_origin_is_strange_or_none_is_named_then_nothing_is_allowed(app: RunningApp) -> None:
    assert "access-control-allow-origin" not in ask(app, STRANGE).headers
    refused = ask(app, STRANGE, "POST", **{"Content-Type": "application/json"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(("origin", "allowed"), [(KNOWN, True), (STRANGE, False)])
def test_preflight_when_asked_then_only_the_named_origin_may_send_a_key(
    app: RunningApp, origin: str, allowed: bool
) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    answer = ask(app, origin, "OPTIONS", **asked)
    found = answer.headers.get("access-control-allow-origin") == origin
    assert found is allowed
    if allowed:
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()
