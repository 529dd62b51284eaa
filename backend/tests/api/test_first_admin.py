"""The first start: nobody can sign in, and how somebody can; users; without sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret
from dbbackup.services.first_admin import prepare_access
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, PASSWORD, add_user, client, locked_app, sign_in


def test_setup_when_nobody_can_sign_in_then_the_token_of_the_log_makes_the_first_admin(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path, auth_mode="local") as app:
        assert app.api.get("/auth/state") == {"authMode": "local", "setupNeeded": True, "singleSignOn": None}
        form = {"token": "wrong", "username": "alice", "password": PASSWORD}
        app.api.refused("POST", "/auth/setup", form, status=403, code="FORBIDDEN", says="log")
        form["token"] = app.ctx.runtime.setup_token
        short = {**form, "password": "short"}
        app.api.refused("POST", "/auth/setup", short, status=400, code="VALIDATION_ERROR", fields={"password"})
        browser = client(app)
        assert browser.post("/auth/setup", form)["role"] == "admin"
        assert browser.get("/auth/me")["username"] == "alice"
        app.api.refused("POST", "/auth/setup", form, status=409, code="CONFLICT", says="sign in")
        assert app.api.get("/auth/state")["setupNeeded"] is False
        first = browser.get("/audit", action="setUp", outcome="success")
        assert [event["actorName"] for event in first] == ["alice"]


def test_setup_when_the_token_is_guessed_then_429(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path, auth_mode="local") as app:
        form = {"token": "wrong", "username": "alice", "password": PASSWORD}
        statuses = [app.api.request("POST", "/auth/setup", form).status_code for _ in range(6)]
        assert statuses == [403] * 5 + [429]


def test_environment_when_it_names_an_admin_then_made_once_and_never_changed(tmp_path: Path) -> None:
    with locked_app(tmp_path) as app:
        assert [user["username"] for user in sign_in(app).get("/users")] == [ADMIN]
    with locked_app(tmp_path, admin_username="Other", admin_password=Secret("another good password")) as app:
        assert [user["username"] for user in sign_in(app).get("/users")] == [ADMIN]


async def test_environment_when_its_password_is_bad_then_the_start_is_refused(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path, auth_mode="local") as app:
        object.__setattr__(app.ctx.settings, "admin_username", "root")
        object.__setattr__(app.ctx.settings, "admin_password", Secret("rootrootroot"))
        with pytest.raises(ValidationError, match="must not contain the username"):
            app.run(prepare_access(app.ctx))


def test_users_when_changed_then_names_are_unique_and_one_admin_stays(tmp_path: Path) -> None:
    with locked_app(tmp_path) as app:
        admin = sign_in(app)
        me = admin.get("/auth/me")["id"]
        taken = {"username": ADMIN.upper(), "password": PASSWORD, "role": "viewer"}
        admin.refused("POST", "/users", taken, status=409, code="CONFLICT", fields={"username"})
        for bad in ("two words", "", "x" * 101, "a\nb"):
            admin.refused("POST", "/users", {**taken, "username": bad}, status=400, code="VALIDATION_ERROR")
        admin.refused("POST", "/users", {**taken, "role": "god"}, status=400, code="VALIDATION_ERROR", fields={"role"})
        for change in ({"role": "operator"}, {"disabled": True}):
            admin.refused("PUT", f"/users/{me}", change, status=409, code="CONFLICT", says="only administrator")
        admin.refused("DELETE", f"/users/{me}", status=409, code="CONFLICT", says="only administrator")
        user = add_user(admin, "admin", displayName=" Bob ")  # type: ignore[arg-type]
        assert (user["displayName"], user["provider"], user["lastSignInAt"]) == ("Bob", "local", None)
        bob = sign_in(app, user["username"])
        changed = admin.put(f"/users/{user['id']}", {"displayName": "Robert", "password": "a new one for Bob"})
        assert changed["displayName"] == "Robert"
        bob.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
        assert admin.get(f"/users/{user['id']}")["role"] == "admin"
        admin.put(f"/users/{me}", {"role": "viewer"})
        admin.refused("GET", "/users", status=403, code="FORBIDDEN")
        again = sign_in(app, user["username"], "a new one for Bob")
        again.delete(f"/users/{me}")
        admin.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
        again.refused("GET", f"/users/{me}", status=404, code="NOT_FOUND")


def test_no_sign_in_when_chosen_then_all_is_open_and_the_account_says_why_not(app: RunningApp) -> None:
    me = app.api.get("/auth/me")
    assert (me["authMode"], me["id"], me["role"]) == ("none", "anonymous", "admin")
    assert (me["via"], me["userId"]) == ("none", None)
    assert app.api.get("/auth/state") == {"authMode": "none", "setupNeeded": False, "singleSignOn": None}
    for method, path, body in (
        ("POST", "/auth/sign-in", {"username": "a", "password": "b"}),
        ("GET", "/auth/sessions", None),
        ("POST", "/api-keys", {"name": "k", "role": "viewer"}),
    ):
        app.api.refused(method, path, body, status=409, code="CONFLICT", says="AUTH_MODE=none")
    assert app.api.post("/auth/sign-out") == {"ended": 0}
