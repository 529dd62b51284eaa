"""What a restore made is compared with the manifest: a loss is no success, a difference is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dbbackup.core import manifest as manifests
from dbbackup.db.models import BackupExecution
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, make_database, unique
from tests.api.test_replacing_restores import COUNT, own, replacing, restore


def resign(app: RunningApp, backup: Any, change: Callable[[Any], None]) -> None:
    """Let the manifest in the catalogue say something else of its source, signed as if it had always been so."""

    async def act() -> None:
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(BackupExecution, backup["id"])
            manifest = json.loads(json.dumps(row.manifest))
            change(manifest["source"])
            row.manifest = manifests.to_dict(manifests.sign(manifests.from_dict(manifest), app.ctx.signing_key))

    app.run(act())


def test_restore_when_other_objects_differ_then_it_completes_and_says_so(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(app, postgres, make_database(postgres))
    backup = back_up(app, database)
    resign(app, backup, lambda source: source["properties"]["objects"]["views"].update(count=1))
    body = {"databaseId": database["id"], "backupId": backup["id"], "options": {"newDatabase": unique("odd")}}
    done = app.api.wait(f"/restores/{app.api.post('/restores', {**body, 'confirm': True})['id']}")
    assert done["status"] == "completed", done["errorMessage"]
    found = {check["name"]: check for check in done["checks"]}
    assert [name for name, check in found.items() if not check["ok"]] == ["objects"]
    assert "the views differ (0 instead of 1, or others)" in found["objects"]["message"]
    assert [line["level"] for line in done["logTail"] if line["message"] == found["objects"]["message"]] == ["warn"]


def test_restore_when_rows_are_missing_then_the_live_one_stays_and_a_new_one_is_no_success(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    backup = back_up(app, database)

    def count_one_more(source: Any) -> None:
        """As if the dump had lost a row of a table whose rows the manifest has counted."""
        for table in source["tables"]:
            table |= {"rowsExact": True, "rows": 201 if table["name"] == "item" else 0}

    resign(app, backup, count_one_more)
    postgres.psql("INSERT INTO item VALUES (1000, 'zzz')", database=name)
    failed = restore(app, replacing(database, backup))
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "public.item has 200 rows instead of 201" in failed["errorMessage"]
    assert f"so {name} was left as it is" in failed["errorMessage"]
    assert (postgres.psql(COUNT, database=name), own(postgres, name)) == ("201|zzz", {name})
    assert [check["ok"] for check in failed["checks"]] == [True, True, False, True, True]
    plan = {"databaseId": database["id"], "backupId": backup["id"], "options": {"newDatabase": f"{name}_new"}}
    new = app.api.wait(f"/restores/{app.api.post('/restores', {**plan, 'confirm': True})['id']}")
    assert (new["status"], "was made and stays" in new["errorMessage"]) == ("failed", True)
    assert postgres.psql(COUNT, database=f"{name}_new") == "200|note 99"
    cleaned = restore(app, replacing(database, backup, mode="clean"))
    assert (cleaned["status"], "ended and stays" in cleaned["errorMessage"]) == ("failed", True)
    assert (cleaned["undoState"], app.api.get(f"/backups/{cleaned['safetyBackupId']}")["pinned"]) == ("available", True)
