"""ID tokens that no honest provider issues, so they are made here."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from dbbackup.core.errors import ProviderError
from dbbackup.net.oidc import believed

ISSUER, CLIENT, NONCE = "https://id.example.com", "dbbackup", "the nonce"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}) for _ in range(2))
KEYS: dict[str, Any] = {"keys": [KEY.as_dict(private=False)]}


def token(key: Any = KEY, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "1", "nonce": NONCE, "iat": now, "exp": now + 300, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "1"}, claims, key, algorithms=["RS256", "HS256", "none"])


def signed_with_the_public_key() -> str:
    """Return what a verifier believes that takes the algorithm from the token. Libraries refuse to make it."""
    parts = ({"alg": "HS256", "kid": "1"}, {"iss": ISSUER, "aud": CLIENT, "sub": "1", "nonce": NONCE})
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    mac = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_token_when_all_is_right_then_its_claims() -> None:
    assert believed(token(groups=["a"]), KEYS, ISSUER, CLIENT, NONCE)["groups"] == ["a"]
    several = token(aud=[CLIENT, "another"], azp=CLIENT)
    assert believed(several, KEYS, ISSUER, CLIENT, NONCE)["sub"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"at_hash": "of another token"},
    ],
)
def test_token_when_a_claim_is_wrong_then_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match="cannot be believed"):
        believed(token(**changes), KEYS, ISSUER, CLIENT, NONCE, "an access token")


def test_token_when_forged_then_refused_and_not_repeated() -> None:
    genuine = token()
    head, body, _ = genuine.split(".")
    unsigned = jwt.encode({"alg": "none"}, {"sub": "1"}, OctKey.import_key("x" * 32), algorithms=["none"])
    for forged in (token(OTHER_KEY), signed_with_the_public_key(), unsigned, f"{head}.{body}.", "x", ""):
        with pytest.raises(ProviderError) as raised:
            believed(forged, KEYS, ISSUER, CLIENT, NONCE)
        assert not forged or len(forged) < 3 or forged not in raised.value.message


def test_token_when_the_keys_are_none_then_refused() -> None:
    bad: list[dict[str, Any]] = [{}, {"keys": []}, {"keys": [{"kty": "?"}]}, {"keys": "x"}]
    for keys in bad:
        with pytest.raises(ProviderError):
            believed(token(), keys, ISSUER, CLIENT, NONCE)
