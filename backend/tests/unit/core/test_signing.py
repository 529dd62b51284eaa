"""Signatures: made, checked, and checked again by openssl from the documented form."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core import manifest as manifests
from dbbackup.core import signing
from dbbackup.core.manifest import decode, encode, from_dict, sign, to_dict
from dbbackup.core.secret import Secret
from dbbackup.core.signing import SigningKey
from tests.unit.core.test_manifest_format import json_values, manifest

KEY = SigningKey.generate()


@settings(max_examples=60, deadline=None)
@given(st.none() | st.text(), json_values)
def test_sign_when_encoded_and_read_again_then_the_signature_holds(
    label: str | None, properties: dict[str, Any]
) -> None:
    made = sign(manifest(label=label, properties=properties), KEY)
    assert (decode(encode(made)), from_dict(json.loads(encode(made)))) == (made, made)
    assert made.version == manifests.SIGNED
    assert sign(made, KEY) == made


def altered(change: Any) -> bytes:
    values = json.loads(encode(sign(manifest(label="a"), KEY)))
    change(values)
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(label="b"), "its signature is wrong"),
        (lambda v: v.update(unknown=1), "its signature is wrong"),
        (lambda v: v["parts"][0].update(size=11), "its signature is wrong"),
        (lambda v: v["signature"].update(value="AAAA"), "its signature is wrong"),
        (lambda v: v["signature"].update(publicKey=SigningKey.generate().public_key), "its signature is wrong"),
        (lambda v: v["signature"].update(publicKey="!"), "its signature is wrong"),
        (lambda v: v["signature"].update(algorithm="none"), "of a kind this program does not know .'none'"),
        (lambda v: v["signature"].pop("value"), "missing required field `value`"),
        (lambda v: v.pop("signature"), "its signature is missing"),
        (lambda v: v.update(signature=None), "its signature is missing"),
        (lambda v: v.update(version=1), "its signature is wrong"),
    ],
)
def test_decode_when_anything_was_altered_then_refused(change: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decode(altered(change))


def test_decode_when_old_then_it_needs_no_signature() -> None:
    assert decode(encode(manifest())).signature is None


def test_key_when_kept_and_opened_again_then_it_is_the_same() -> None:
    again = SigningKey.from_secret(Secret(KEY.reveal().reveal()))
    assert again.public_key == KEY.public_key
    assert sign(manifest(), again) == sign(manifest(), KEY)


def test_signature_when_checked_by_openssl_then_it_holds(tmp_path: Path) -> None:
    made = sign(manifest(label="ä \u2028 \x7f"), KEY)
    assert made.signature
    (tmp_path / "signed").write_bytes(signing.canonical(to_dict(made)))
    (tmp_path / "signature").write_bytes(base64.b64decode(made.signature.value))
    (tmp_path / "key.pem").write_text(signing.pem(made.signature.public_key))
    verify = shlex.split("openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in signed -sigfile signature")
    done = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Signature Verified Successfully" in done.stdout
    der = subprocess.run(
        ["sh", "-c", "openssl pkey -pubin -in key.pem -outform DER | sha256sum"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert der.stdout.split()[0] == signing.fingerprint(made.signature.public_key)
