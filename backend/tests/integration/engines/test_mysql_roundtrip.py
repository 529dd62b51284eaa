"""A nasty database, dumped and restored, is the same afterwards."""

from __future__ import annotations

from pathlib import Path

from devtools.compare_mysql import compare
from tests.integration.engines.mysql_support import HERE, NASTY, QUOTES, Family


def make_nasty(family: Family, name: str) -> None:
    family.create(name, clauses="CHARACTER SET latin2 COLLATE latin2_croatian_ci")
    family.sql((HERE / "nasty_mysql.sql").read_text(), name)
    family.sql((HERE / f"nasty_{family.engine.type}_only.sql").read_text(), name)


async def test_a_nasty_database_comes_back_the_same(family: Family, tmp_path: Path) -> None:
    name = NASTY if family.is_mariadb else NASTY + QUOTES
    make_nasty(family, name)
    backup, script = await family.dump(name, tmp_path)
    copy = f"{name} 2"
    options = family.options(copy)
    family.sql("DROP DATABASE IF EXISTS `" + copy.replace("`", "``") + "`")
    errors = await family.codes(backup, options)
    assert errors == set()
    assert "one-part" in await family.codes(backup, {**options, "jobs": 2}, "warning")
    await family.restore(backup, script, options, tmp_path)
    found = compare(family.server, name, copy)
    assert found.differences == []
