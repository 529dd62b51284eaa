"""What callers may send about proofs: assertions, the target of copies on the side, the recovery kit."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from dbbackup.services.inputs import Id, Input, Name


class AssertionInput(Input):
    """A query that must hold in a restored copy: it gives no rows, or one value that is true."""

    name: Name
    sql: Annotated[str, Meta(min_length=1, max_length=20_000)]


class ProofInput(Input):
    """How the backups of a database are proven; all fields replace what was there.

    `verifyTargetId` names the database on whose server copies are restored on the side; null means its own. With
    `verifyTargetKind` `container` it is a throwaway container of the image that the database runs.
    """

    assertions: Annotated[list[AssertionInput], Meta(max_length=100)]
    verify_target_id: Id | None = None
    verify_target_kind: Literal["server", "container"] = "server"


class RecoveryKitInput(Input):
    """A recovery kit to hand out. It opens every backup: nothing happens unless `confirm` is true."""

    confirm: bool = False
