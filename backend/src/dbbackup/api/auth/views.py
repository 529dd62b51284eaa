"""Turns actors into what the API shows."""

from __future__ import annotations

from dbbackup.api.auth.schemas import Me
from dbbackup.core.access import MATRIX, Actor, Permission
from dbbackup.db.models import User
from dbbackup.services.context import Context


def me_view(ctx: Context, actor: Actor, user: User | None) -> Me:
    """Show who is asking."""
    return Me(
        auth_mode="none" if ctx.settings.auth_mode == "none" else "local",
        id=actor.id,
        username=actor.name,
        display_name=user.display_name if user else "",
        role=actor.role,
        permissions=[permission for permission in Permission if permission in MATRIX[actor.role]],
        via=actor.via,
        session_id=actor.session_id,
        user_id=actor.user_id,
        provider=user.provider if user else None,
    )
