"""Owns a real OpenID provider for tests: npm's `oidc-provider`, and a browser that signs people in there."""

import atexit
import json
import os
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from devtools.servers.binaries import MissingBinaryError
from devtools.servers.children import Child, spawn
from devtools.servers.ports import free_port
from devtools.servers.tls import ServerTls

_SCRIPT = Path(__file__).resolve().parents[3] / "frontend" / "e2e" / "oidc-provider.mjs"
_CSRF = re.compile(r'action="(?P<action>[^"]+)"')


@dataclass(eq=False, kw_only=True)
class OidcProvider:
    """A running provider; make one with `start`, use it as a context manager.

    `people` are names with their claims. Everybody's password is right.
    """

    issuer: str
    port: int
    client_id: str
    client_secret: str = field(repr=False)
    ca_pem: str = ""
    """Whom a client has to trust."""
    _child: Child = field(repr=False)
    _home: Path = field(repr=False)

    @classmethod
    def start(
        cls,
        people: dict[str, dict[str, Any]],
        redirect_uri: str,
        *,
        client_secret: str = "",
        tls: ServerTls | None = None,
        in_id_token: bool = False,
    ) -> Self:
        """Start on a free port and return when it answers. Raises MissingBinaryError, ServerStartError."""
        node = shutil.which("node")
        if node is None or not (_SCRIPT.parents[1] / "node_modules" / "oidc-provider").is_dir():
            raise MissingBinaryError("The OpenID provider is not installed: run `make setup`")
        port, home = free_port(), Path(tempfile.mkdtemp(prefix="dbbackup-oidc-"))
        told: dict[str, Any] = {"port": port, "clientId": "dbbackup", "redirectUri": redirect_uri, "people": people}
        told["inIdToken"] = in_id_token
        if tls:
            (home / "certificate.pem").write_text(tls.certificate_pem)
            (home / "key.pem").write_text(tls.key_pem)
            told |= {"certificate": str(home / "certificate.pem"), "key": str(home / "key.pem")}
        environment = {"PATH": os.environ["PATH"], "CLIENT_SECRET": client_secret}
        child = spawn([node, _SCRIPT, json.dumps(told)], log=home / "log", cwd=_SCRIPT.parent, env=environment)
        issuer = f"{'https' if tls else 'http'}://localhost:{port}"
        made = cls(
            issuer=issuer,
            port=port,
            client_id="dbbackup",
            client_secret=client_secret,
            ca_pem=tls.ca_pem if tls else "",
            _child=child,
            _home=home,
        )
        atexit.register(made.stop)
        child.wait_until(lambda: _answers(issuer), 30, "the OpenID provider")
        return made

    def sign_in(self, url: str, username: str) -> dict[str, str]:
        """Do what a browser does there for somebody, and return what it would bring back to the page."""
        with httpx.Client(verify=False, timeout=20) as browser:
            answer = browser.get(url)
            for _ in range(10):
                if answer.is_redirect:
                    target = str(answer.next_request.url) if answer.next_request else ""
                    if not target.startswith(self.issuer):
                        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
                    answer = browser.get(target)
                    continue
                form = _CSRF.search(answer.text)
                if form is None:
                    raise RuntimeError(f"the provider answered {answer.status_code}: {answer.text[:300]}")
                prompt = "login" if 'name="login"' in answer.text else "consent"
                filled = {"prompt": prompt, **({"login": username, "password": "any"} if prompt == "login" else {})}
                answer = browser.post(unescape(form["action"]), data=filled)
        raise RuntimeError("the provider leads in circles")

    def stop(self) -> None:
        """End it. May be called again."""
        self._child.stop(signal.SIGTERM, 5)
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _answers(issuer: str) -> bool:
    try:
        return httpx.get(f"{issuer}/.well-known/openid-configuration", verify=False).is_success
    except httpx.HTTPError:
        return False
