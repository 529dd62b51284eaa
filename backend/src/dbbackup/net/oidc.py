"""OpenID Connect as a client: discovery, authorization code with PKCE, and what makes an ID token believed.

Most instances have no provider: authlib and joserfc are loaded by whoever signs in that way first.
"""

from __future__ import annotations

import base64
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from dbbackup.core.errors import AppError, ProviderError
from dbbackup.core.secret import Secret
from dbbackup.core.sign_in_settings import issuer_problem
from dbbackup.net.http import MAX_ANSWER_BYTES, Answer, request
from dbbackup.net.resolve import NetRules

# Signatures that only the provider can make. With HS256 its public key, or the client's secret, could forge one.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_LEEWAY = 60
"""Seconds that the clocks may differ by."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the provider is reached: which addresses are allowed, and whose certificates are believed."""

    rules: NetRules
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """This product, as the provider knows it. Without a secret it is a public client."""

    client_id: str
    secret: Secret
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What the discovery document says."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    secret_in_body: bool
    """The token endpoint does not take the secret as Basic authentication."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one sign-in keeps until its answer comes."""

    state: str
    nonce: str
    verifier: str


async def discover(issuer: str, transport: Transport) -> Provider:
    """Read the discovery document.

    Raises:
        ProviderError: it cannot be had, is of another issuer, or names an address without TLS.
    """
    document = await _json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration", transport, what="discovery")
    # Exactly, or one provider could speak for another (OpenID Connect Discovery, 4.3).
    if document.get("issuer") != issuer:
        raise ProviderError(
            f"The discovery document is of the issuer {document.get('issuer')!r}, the settings say {issuer!r}:"
            " set oidc.issuer to the first, if that is right."
        )
    found = {name: document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    userinfo = document.get("userinfo_endpoint")
    for name, url in {**found, **({"userinfo_endpoint": userinfo} if userinfo else {})}.items():
        if not isinstance(url, str) or not url or issuer_problem(url.split("?")[0]):
            raise ProviderError(f"The discovery document has no usable {name}: it must be an https:// address.")
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        issuer=issuer,
        authorization_endpoint=str(found["authorization_endpoint"]),
        token_endpoint=str(found["token_endpoint"]),
        jwks_uri=str(found["jwks_uri"]),
        userinfo_endpoint=userinfo,
        secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
    )


def authorization_url(provider: Provider, client: Client, scopes: str, flow: Flow) -> str:
    """Return where the browser is sent."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    url: str = prepare_grant_uri(
        provider.authorization_endpoint,
        client.client_id,
        "code",
        redirect_uri=client.redirect_uri,
        scope=scopes.split(),
        state=flow.state,
        nonce=flow.nonce,
        code_challenge=create_s256_code_challenge(flow.verifier),
        code_challenge_method="S256",
    )
    return url


async def redeem(
    provider: Provider, client: Client, flow: Flow, code: str, transport: Transport, wanted: tuple[str, ...]
) -> dict[str, Any]:
    """Exchange the code and return the claims about the person; `wanted` ones may come from the userinfo endpoint.

    Raises:
        ProviderError: the provider refused the code, or what it sent cannot be believed.
    """
    tokens = await _exchange(provider, client, flow, code, transport)
    keys = await _json("GET", provider.jwks_uri, transport, what="keys")
    id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(id_token, str):
        raise ProviderError("The provider sent no ID token: ask for the scope openid.")
    claims = believed(id_token, keys, provider.issuer, client.client_id, flow.nonce, access_token)
    missing = [name for name in wanted if name.split(".")[0] not in claims and name not in claims]
    if missing and provider.userinfo_endpoint and isinstance(access_token, str):
        headers = {"Authorization": f"Bearer {access_token}"}
        more = await _json("GET", provider.userinfo_endpoint, transport, headers=headers, what="userinfo")
        if more.get("sub") != claims["sub"]:
            raise ProviderError("The provider's userinfo is of somebody else than its ID token.")
        claims = {**more, **claims}
    return claims


def believed(
    id_token: str, keys: dict[str, Any], issuer: str, client_id: str, nonce: str, access_token: str | None = None
) -> dict[str, Any]:
    """Return the claims of an ID token.

    Raises:
        ProviderError: its signature, issuer, audience, nonce or time is wrong.
    """
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
            "sub": {"essential": True, "allow_blank": False},
        }
        parameters = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, parameters)
        claims.validate(leeway=_LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        # The kind of fault alone: the token itself is a secret.
        reason = getattr(error, "description", None) or getattr(error, "error", None) or type(error).__name__
        raise ProviderError(f"The provider's ID token cannot be believed: {reason}.") from error
    if not isinstance(claims["sub"], str):
        raise ProviderError("The provider's ID token cannot be believed: its subject is no text.")
    return dict(claims)


async def _exchange(provider: Provider, client: Client, flow: Flow, code: str, transport: Transport) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": flow.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if client.secret and not provider.secret_in_body:
        pair = f"{quote(client.client_id, safe='')}:{quote(client.secret.reveal(), safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = client.client_id
        if client.secret:
            form["client_secret"] = client.secret.reveal()
    body = urlencode(form).encode()
    return await _json("POST", provider.token_endpoint, transport, body=body, headers=headers, what="token")


async def _json(
    method: str,
    url: str,
    transport: Transport,
    *,
    what: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        answer = await request(method, url, transport.rules, body=body, headers=sent, tls=transport.tls)
    except AppError as error:
        raise ProviderError(f"The OpenID provider cannot be asked ({what}): {error.message}") from error
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = None
    if not answer.ok or not isinstance(content, dict):
        raise ProviderError(f"The OpenID provider's answer ({what}) is of no use: {_reason(answer, content)}.")
    return content


def _reason(answer: Answer, content: Any) -> str:
    """Say what an answer was, without its body: that may repeat what was sent."""
    if answer.ok:
        return "it is too long" if len(answer.body) >= MAX_ANSWER_BYTES else "it is no JSON object"
    code = content.get("error") if isinstance(content, dict) else None
    known = isinstance(code, str) and code.replace("_", "").isalnum() and len(code) < 60
    return f"status {answer.status}" + (f", {code}" if known else "")
