"""Settings that act without a restart, over HTTP."""

from __future__ import annotations

from pathlib import Path

from tests.api.running_app import RunningApp

KEY = "backup.maxConcurrent"


def setting(app: RunningApp) -> tuple[object, str, bool]:
    found = next(s for s in app.api.get("/system/settings") if s["key"] == KEY)
    return found["value"], found["source"], found["locked"]


def test_settings_when_changed_then_they_act_at_once_and_outlive_a_restart(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path) as app:
        assert setting(app) == (3, "default", False)
        app.api.put("/system/settings", {"values": {KEY: 5}})
        assert setting(app) == (5, "page", False)
        assert app.ctx.live.max_concurrent == 5
    with RunningApp.start(tmp_path) as app:
        assert app.ctx.live.max_concurrent == 5
        app.api.put("/system/settings", {"values": {KEY: 6}})
        app.api.put("/system/settings", {"values": {KEY: None}})
        assert setting(app) == (3, "default", False)
        app.api.put("/system/settings", {"values": {KEY: None}})


def test_settings_when_a_value_is_wrong_then_none_is_changed(app: RunningApp) -> None:
    answer = app.api.request("PUT", "/system/settings", {"values": {KEY: 0, "no.such": 1}})
    assert answer.status_code == 400
    assert [d["field"] for d in answer.json()["error"]["details"]] == [KEY, "no.such"]
    assert setting(app) == (3, "default", False)


def test_settings_when_the_environment_sets_one_then_it_is_locked(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path, fixed={KEY: 2}) as app:
        assert setting(app) == (2, "environment", True)
        answer = app.api.request("PUT", "/system/settings", {"values": {KEY: 5}})
        assert answer.status_code == 409
        assert "MAX_CONCURRENT_BACKUPS" in answer.json()["error"]["message"]
        assert app.ctx.live.max_concurrent == 2


def test_settings_when_the_file_sets_one_then_the_page_is_stronger_and_null_goes_back_to_the_file(
    tmp_path: Path,
) -> None:
    with RunningApp.start(tmp_path, filed={KEY: 4}) as app:
        assert setting(app) == (4, "file", False)
        app.api.put("/system/settings", {"values": {KEY: 5}})
        assert setting(app) == (5, "page", False)
        app.api.put("/system/settings", {"values": {KEY: None}})
        assert setting(app) == (4, "file", False)
        assert app.ctx.live.max_concurrent == 4
