"""Routes of retention policies."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.retention_policies.schemas import (
    RetentionPolicyEnvelope,
    RetentionPolicyListEnvelope,
    RetentionPreviewEnvelope,
    RetentionSimulationEnvelope,
)
from dbbackup.api.retention_policies.views import policy_view, preview_view, simulation_view
from dbbackup.core.access import Permission
from dbbackup.db.models import RetentionPolicy
from dbbackup.db.models.base import utc_now
from dbbackup.services import retention_policies as policies
from dbbackup.services.retention_inputs import (
    RetentionPolicyInput,
    RetentionPolicyUpdate,
    RetentionPreviewInput,
    SimulationInput,
    UnsavedPreviewInput,
)
from dbbackup.services.retention_preview import Preview, look_ahead, preview_saved, preview_unsaved

VIEW = [requires(Permission.DATABASE_VIEW)]
MANAGE = [requires(Permission.SCHEDULE_MANAGE)]


class RetentionPolicyController(Controller):
    """Add, try out, change and delete retention policies."""

    path = "/retention-policies"
    tags = ("Retention policies",)

    @get(operation_id="listRetentionPolicies", summary="List policies", responses=documented(), guards=VIEW)
    async def list_policies(self, session: Session) -> RetentionPolicyListEnvelope:
        """Return all policies by name, with who uses them."""
        used = await policies.usage(session)
        views = [policy_view(policy, used) for policy in await policies.list_policies(session)]
        return RetentionPolicyListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(operation_id="createRetentionPolicy", summary="Add a policy", responses=documented(409), guards=MANAGE)
    async def create_policy(
        self, session: Session, ctx: Ctx, data: JSONBody[RetentionPolicyInput]
    ) -> RetentionPolicyEnvelope:
        """Save a policy; nothing is judged by it until a schedule or a backup has it."""
        return await _answer(session, await policies.add_policy(session, ctx, data))

    @post(
        "/preview",
        status_code=200,
        operation_id="previewUnsavedRetentionPolicy",
        summary="Try out a policy that is not saved",
        responses=documented(404),
        guards=VIEW,
    )
    async def preview_unsaved(
        self, session: Session, ctx: Ctx, data: JSONBody[UnsavedPreviewInput]
    ) -> RetentionPreviewEnvelope:
        """Tell what would be kept of a database's backups, as if all its schedules had these rules. Deletes nothing."""
        found = await preview_unsaved(session, ctx, data.policy, data.policy_id, data.database_id, utc_now())
        return _preview(ctx, found)

    @post(
        "/simulate",
        status_code=200,
        operation_id="simulateRetentionPolicy",
        summary="Look some months ahead",
        responses=documented(404),
        guards=VIEW,
    )
    async def simulate(
        self, session: Session, ctx: Ctx, data: JSONBody[SimulationInput]
    ) -> RetentionSimulationEnvelope:
        """Tell what a policy would keep of the backups that a schedule will make. Changes nothing."""
        now = utc_now()
        found = await look_ahead(session, ctx, data, now)
        view = simulation_view(found, now, ctx.live.max_retention_days)
        return RetentionSimulationEnvelope(success=True, data=view, error=None, meta=meta())

    @get(
        "/{policy_id:str}",
        operation_id="getRetentionPolicy",
        summary="Show a policy",
        responses=documented(404),
        guards=VIEW,
    )
    async def get_policy(self, session: Session, policy_id: FromPath[str]) -> RetentionPolicyEnvelope:
        """Return one policy."""
        return await _answer(session, await policies.get_policy(session, policy_id))

    @put(
        "/{policy_id:str}",
        operation_id="updateRetentionPolicy",
        summary="Change a policy",
        responses=documented(404, 409),
        guards=MANAGE,
    )
    async def update_policy(
        self, session: Session, ctx: Ctx, policy_id: FromPath[str], data: JSONBody[RetentionPolicyUpdate]
    ) -> RetentionPolicyEnvelope:
        """Change the given fields. They count from the next backup or cleanup on."""
        return await _answer(session, await policies.change_policy(session, ctx, policy_id, data))

    @delete(
        "/{policy_id:str}",
        status_code=200,
        operation_id="deleteRetentionPolicy",
        summary="Delete a policy",
        responses=documented(404, 409),
        guards=MANAGE,
    )
    async def delete_policy(self, session: Session, ctx: Ctx, policy_id: FromPath[str]) -> DeletedEnvelope:
        """Delete a policy that nobody uses; otherwise its users are named."""
        await policies.delete_policy(session, ctx, policy_id)
        return DeletedEnvelope(success=True, data=Deleted(id=policy_id), error=None, meta=meta())

    @post(
        "/{policy_id:str}/preview",
        status_code=200,
        operation_id="previewRetentionPolicy",
        summary="Try out a saved policy",
        responses=documented(404),
        guards=VIEW,
    )
    async def preview_saved(
        self, session: Session, ctx: Ctx, policy_id: FromPath[str], data: JSONBody[RetentionPreviewInput]
    ) -> RetentionPreviewEnvelope:
        """Tell what would be kept of a database's backups, as if all its schedules had this policy. Deletes nothing."""
        return _preview(ctx, await preview_saved(session, ctx, policy_id, data.database_id, utc_now()))


def _preview(ctx: Ctx, found: Preview) -> RetentionPreviewEnvelope:
    view = preview_view(found, ctx.live.max_retention_days)
    return RetentionPreviewEnvelope(success=True, data=view, error=None, meta=meta())


async def _answer(session: Session, policy: RetentionPolicy) -> RetentionPolicyEnvelope:
    view = policy_view(policy, await policies.usage(session))
    return RetentionPolicyEnvelope(success=True, data=view, error=None, meta=meta())
