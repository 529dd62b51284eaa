"""A locked product, and people who sign in to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbbackup.core.access import Role
from dbbackup.core.secret import Secret
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.support import unique

ADMIN, PASSWORD = "Root", "correct horse battery"
OTHER_PASSWORD = "staple of the battery"


def locked_app(home: Path, **changes: Any) -> RunningApp:
    """Start a product with sign-in and one administrator."""
    admin = {"admin_username": ADMIN, "admin_password": Secret(PASSWORD)}
    app = RunningApp.start(home, **{"auth_mode": "local", **admin, **changes})
    app.secrets |= {PASSWORD, OTHER_PASSWORD}
    return app


def client(app: RunningApp, **headers: str) -> HttpApi:
    """Return another client of the app, with the header that the page sends."""
    made = HttpApi(app.api.url)
    made.http.headers.update({"x-requested-with": "test", **headers})
    return made


def sign_in(app: RunningApp, username: str = ADMIN, password: str = PASSWORD) -> HttpApi:
    """Return a client that is signed in by a cookie, as a browser is."""
    made = client(app)
    made.post("/auth/sign-in", {"username": username, "password": password})
    return made


def add_user(admin: HttpApi, role: Role, **changes: Any) -> Any:
    """Add a user with PASSWORD."""
    form = {"username": unique("user"), "password": PASSWORD, "role": role, "displayName": "", **changes}
    return admin.post("/users", form)


def sign_in_as(app: RunningApp, admin: HttpApi, role: Role) -> HttpApi:
    """Add somebody with the role, and sign in as them."""
    return sign_in(app, add_user(admin, role)["username"])
