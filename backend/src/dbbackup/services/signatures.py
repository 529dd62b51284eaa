"""What the signature of a manifest says here: ours, somebody else's, none, or not what it claims."""

from __future__ import annotations

from typing import Literal

import msgspec

from dbbackup.core import manifest as manifests
from dbbackup.core import signing
from dbbackup.core.manifest import Manifest
from dbbackup.engines.values import Finding
from dbbackup.services.context import Context

State = Literal["own", "unknown", "unsigned", "foreign", "wrong"]


class SignatureFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who signed a manifest, as far as can be told here."""

    state: State
    """`own`: this instance. `unknown`: a key not known here. `unsigned`: made before there were signatures.
    `foreign`: it claims to be of this instance, and is signed with another key. `wrong`: altered after it was signed.
    """
    fingerprint: str | None
    """SHA-256 of the public key in DER, in hex; None where there is no readable signature."""
    message: str

    @property
    def proves(self) -> bool:
        """Tell whether nothing speaks against it."""
        return self.state not in ("foreign", "wrong")


def judge(ctx: Context, manifest: Manifest) -> SignatureFacts:
    """Say what the signature of a manifest tells."""
    try:
        signing.check(manifests.to_dict(manifest), required=manifest.version > manifests.UNSIGNED)
    except ValueError as error:
        return SignatureFacts(state="wrong", fingerprint=None, message=f"The manifest is not to be trusted: {error}.")
    ours = manifest.instance_id == ctx.instance_id
    if manifest.signature is None:
        text = "The manifest is not signed: it was made before there were signatures, or its signature was taken away."
        return SignatureFacts(state="unsigned", fingerprint=None, message=text)
    mark = signing.fingerprint(manifest.signature.public_key)
    if manifest.signature.public_key == ctx.signing_key.public_key:
        return SignatureFacts(state="own", fingerprint=mark, message="Signed with the key of this instance.")
    if ours:
        text = (
            f"The manifest says that this instance made it, but it is signed with another key ({mark}): it was made"
            " anew by somebody else."
        )
        return SignatureFacts(state="foreign", fingerprint=mark, message=text)
    text = f"Signed with a key that is not known here ({mark}): compare it with the recovery kit of the instance."
    return SignatureFacts(state="unknown", fingerprint=mark, message=text)


def signature_finding(ctx: Context, manifest: Manifest) -> Finding:
    """Return what a restore is told: a wrong signature refuses it, an unknown key is shown."""
    facts = judge(ctx, manifest)
    levels: dict[State, Literal["ok", "warning", "error"]] = {"own": "ok", "wrong": "error"}
    return Finding(levels.get(facts.state, "warning"), f"signature-{facts.state}", facts.message)
