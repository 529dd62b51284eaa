"""Routes of the export and import of the configuration."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Response, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from dbbackup.api.configuration.schemas import (
    ConfigImport,
    ConfigImportEnvelope,
    ConfigRecordChange,
    ConfigRecordProblem,
)
from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import Rule, requires
from dbbackup.core.access import Permission
from dbbackup.services.config_export import export_config
from dbbackup.services.config_import import import_config
from dbbackup.services.config_inputs import ConfigExportInput, ConfigImportInput


class ConfigurationController(Controller):
    """Carry the configuration to another instance, or keep it in a safe place."""

    path = "/config"
    tags = ("Configuration",)

    @post(
        "/export",
        status_code=200,
        operation_id="exportConfig",
        summary="Export the configuration",
        responses={
            **documented(),
            200: ResponseSpec(dict[str, Any], description="The file.", generate_examples=False),
        },
        media_type="application/json",
        # Passwords leave here, which no other route gives out: a stolen API key must not have them.
        guards=[Rule(Permission.SYSTEM_CONFIGURE, in_person=True)],
    )
    async def export(self, session: Session, ctx: Ctx, data: JSONBody[ConfigExportInput]) -> Response[bytes]:
        """Return one JSON file: everything that was configured, its secrets sealed with the passphrase."""
        made = await export_config(session, ctx, data)
        headers = {
            "content-disposition": f'attachment; filename="{made.file_name}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(made.data, media_type="application/json", headers=headers)

    @post(
        "/import",
        status_code=200,
        operation_id="importConfig",
        summary="Import a configuration",
        responses=documented(409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def import_(self, ctx: Ctx, data: JSONBody[ConfigImportInput]) -> ConfigImportEnvelope:
        """Add and change what the file says, all or nothing, and delete nothing; a dry run only tells."""
        report = await import_config(ctx, data)
        result = ConfigImport(
            dry_run=data.dry_run,
            exported_at=report.exported_at,
            program=report.program,
            instance_id=report.instance_id,
            own=report.instance_id == ctx.instance_id,
            added=report.count("added"),
            changed=report.count("changed"),
            same=report.count("same"),
            skipped=report.count("skipped"),
            changes=msgspec.convert(report.changes, list[ConfigRecordChange], from_attributes=True),
            problems=msgspec.convert(report.problems, list[ConfigRecordProblem], from_attributes=True),
        )
        return ConfigImportEnvelope(success=True, data=result, error=None, meta=meta())
