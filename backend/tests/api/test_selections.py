"""What is in a backup is listed, and chosen objects are restored with all they need, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.servers import MariadbServer, PostgresServer, SeaweedServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, new_bucket, objects, unique
from tests.api.uploading import findings, pg_dump, plan, restore, send

SCHEMA = """
CREATE SCHEMA sales; CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE customer (id serial PRIMARY KEY, name text UNIQUE, mood mood DEFAULT 'good');
CREATE TABLE sales."order ü" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customer (id));
CREATE TABLE sales.part (a int) PARTITION BY RANGE (a);
CREATE TABLE sales.part_1 PARTITION OF sales.part FOR VALUES FROM (0) TO (10);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamped BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE VIEW sales.seen AS SELECT name FROM customer;
CREATE TABLE other.unrelated (a int);
CREATE SEQUENCE other.counter;
COMMENT ON TABLE customer IS 'people';
INSERT INTO customer (name) SELECT 'c' || g FROM generate_series(1, 20) g;
INSERT INTO sales."order ü" (customer) SELECT 1 + g % 20 FROM generate_series(1, 30) g;
INSERT INTO sales.part SELECT g FROM generate_series(1, 5) g;
INSERT INTO other.unrelated VALUES (1);
SELECT lo_create(0);
"""
TABLES = """
SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    name = unique("sel")
    postgres.psql(f'CREATE DATABASE "{name}"')
    postgres.psql(SCHEMA, database=name)
    return add_database(app, postgres, name)


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database)


def table(name: str, schema: str = "public", kind: str = "table") -> dict[str, str]:
    return {"kind": kind, "schema": schema, "name": name}


def body(database: Any, backup: Any, selection: Any, **options: Any) -> dict[str, Any]:
    options = {"newDatabase": unique("chosen"), **options, "selection": selection}
    return {"databaseId": database["id"], "backupId": backup["id"], "options": options}


def test_contents_when_a_backup_is_asked_then_its_objects_are_listed(app: RunningApp, backup: Any) -> None:
    contents = app.api.get(f"/backups/{backup['id']}/contents")
    found = {(o["kind"], o["schema"], o["name"]): o for o in contents["objects"]}
    assert contents["engine"] == "postgresql"
    assert found.keys() == {
        ("table", "public", "customer"),
        ("table", "sales", "order ü"),
        ("table", "sales", "part"),
        ("table", "sales", "part_1"),
        ("table", "other", "unrelated"),
        ("view", "sales", "seen"),
        ("type", "public", "mood"),
        ("function", "public", "stamp()"),
        ("sequence", "other", "counter"),
    }
    assert found["table", "public", "customer"]["needs"] == ["function public.stamp()", "type public.mood"]
    assert found["table", "sales", "order ü"]["needs"] == ["table public.customer"]
    assert found["table", "public", "customer"]["size"] > 0
    assert app.api.request("GET", "/backups/none/contents").status_code == 404


def test_selection_when_a_table_is_chosen_then_it_comes_with_all_that_belongs_to_it(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any
) -> None:
    asked = body(database, backup, {"objects": [table("customer")]})
    found = app.api.post("/restores/preflight", asked)
    assert found["ok"] is True, found
    assert "function public.stamp()" in findings(found, "warning")["selection-needs"]
    assert "selection-large-objects" in findings(found, "warning")
    done = restore(app, asked)
    assert done["status"] == "completed", done["errorMessage"]
    name = done["targetDatabase"]
    assert postgres.psql(TABLES, database=name) == "public.customer"
    facts = """
    SELECT count(*), max(mood::text), obj_description('customer'::regclass),
        (SELECT count(*) FROM pg_trigger WHERE tgname = 'stamped'), (SELECT count(*) FROM pg_largeobject_metadata)
    FROM customer; INSERT INTO customer (name) VALUES ('new') RETURNING id
    """
    assert postgres.psql(facts, database=name).splitlines()[:2] == ["20|good|people|1|0", "21"]
    assert done["progress"] is None


def test_selection_when_a_schema_is_chosen_then_foreign_keys_out_of_it_are_left_out(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any
) -> None:
    asked = body(database, backup, {"schemas": ["sales"]}, jobs=2)
    warnings = findings(app.api.post("/restores/preflight", asked), "warning")
    assert "order ü_customer_fkey" in warnings["selection-foreign-keys"]
    assert "table public.customer" in warnings["selection-needs"]
    done = restore(app, asked)
    assert done["status"] == "completed", done["errorMessage"]
    name = done["targetDatabase"]
    assert postgres.psql(TABLES, database=name) == "public.customer sales.order ü sales.part sales.part_1"
    counts = 'SELECT (SELECT count(*) FROM sales."order ü"), (SELECT count(*) FROM sales.part)'
    assert postgres.psql(counts, database=name) == "30|5"
    # the view needs it, so it comes along, by its definition only
    assert postgres.psql("SELECT count(*) FROM customer", database=name) == "0"


def test_selection_when_rows_are_appended_then_only_the_chosen_tables_get_them(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any
) -> None:
    name = unique("fill")
    postgres.psql(f'CREATE DATABASE "{name}"')
    postgres.psql(SCHEMA.split("INSERT INTO customer")[0], database=name)
    asked = body(database, backup, {"objects": [table("customer")]}, mode="dataOnly", existingDatabase=name)
    del asked["options"]["newDatabase"]
    found = app.api.post("/restores/preflight", asked)
    assert found["ok"] is True, found
    assert restore(app, asked)["status"] == "completed"
    counts = 'SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM sales."order ü")'
    assert postgres.psql(counts, database=name) == "20|0"
    assert postgres.psql("INSERT INTO customer (name) VALUES ('x') RETURNING id", database=name).startswith("21")


def test_selection_when_it_names_what_is_not_there_then_it_is_refused(
    app: RunningApp, database: Any, backup: Any
) -> None:
    asked = body(database, backup, {"objects": [table("nowhere")], "schemas": ["gone"]})
    text = findings(app.api.post("/restores/preflight", asked), "error")["selection-unknown"]
    assert "schema gone, table public.nowhere" in text
    assert restore(app, asked)["status"] == "failed"
    wrongs: list[Any] = [{}, {"schemas": []}, {"objects": ["x"]}, "all", {"tables": ["x"]}]
    for wrong in wrongs:
        answer = app.api.request("POST", "/restores/preflight", body(database, backup, wrong))
        assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "selection")
    answer = app.api.request("POST", "/restores/preflight", body(database, backup, {"schemas": ["x"]}, trusted="yes"))
    assert answer.json()["error"]["details"][0]["field"] == "trusted"


def test_selection_when_the_backup_is_encrypted_in_s3_or_uploaded_then_it_works_too(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, database: Any
) -> None:
    bucket = new_bucket(seaweed)
    config = add_bucket(app, seaweed, bucket=bucket)
    key = app.api.post("/encryption-keys", {"name": unique("key")})
    app.api.request("POST", f"/encryption-keys/{key['id']}/download")
    back_up(app, database, local=False, uploadToS3=True, s3ConfigIds=[config["id"]], encryption="age")
    found = next(k for k in objects(seaweed, bucket) if k.endswith(".age"))
    in_bucket = {"s3ConfigId": config["id"], "key": found}
    uploaded = {"uploadId": send(app, pg_dump(postgres, database["database"], "-Fc"))["id"]}
    for source in (in_bucket, uploaded):
        contents = app.api.post("/restores/contents", {"source": source})
        assert len(contents["objects"]) == 9
        options = {
            "newDatabase": unique("far"),
            "selection": {"objects": [table("unrelated", "other")]},
            "trusted": True,
        }
        done = restore(app, plan(database, source, **options))
        assert done["status"] == "completed", done["errorMessage"]
        assert postgres.psql(TABLES, database=done["targetDatabase"]) == "other.unrelated"


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def family(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    server: MysqlFamilyServer = request.getfixturevalue(request.param)
    return server


def test_mysql_selection_when_tables_and_a_view_are_chosen_then_only_they_come(
    app: RunningApp, family: MysqlFamilyServer
) -> None:
    name = unique("sel")
    family.sql(
        f"CREATE DATABASE {name}; USE {name};"
        "CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT, n text); INSERT INTO item (n) VALUES ('a;b'), ('c');"
        "CREATE TABLE log (id int); INSERT INTO log VALUES (1); CREATE TABLE `odd ``x` (a int);"
        "CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW SET NEW.n = UPPER(NEW.n);"
        "CREATE TRIGGER u BEFORE INSERT ON log FOR EACH ROW SET NEW.id = 2;"
        "CREATE VIEW seen AS SELECT id FROM item; CREATE VIEW unseen AS SELECT id FROM log;"
        "CREATE PROCEDURE p() SELECT 1"
    )
    kind = "mariadb" if isinstance(family, MariadbServer) else "mysql"
    database = app.api.post(
        "/databases",
        {"name": unique("D"), "type": kind, "host": family.host, "port": family.port, "database": name,
         "username": family.superuser, "password": family.password},
    )  # fmt: skip
    app.secrets.add(family.password)
    backup = back_up(app, database, encryption="none")
    contents = app.api.get(f"/backups/{backup['id']}/contents")
    assert {o["name"] for o in contents["objects"]} == {"item", "log", "odd `x", "seen", "unseen"}
    chosen = [table("item", name), table("odd `x", name), table("seen", name, "view")]
    asked = body(database, backup, {"objects": chosen})
    found = app.api.post("/restores/preflight", asked)
    assert found["ok"] is True, found
    assert {"selection-programs", "selection-views"} <= findings(found, "warning").keys()
    done = restore(app, asked)
    assert done["status"] == "completed", done["errorMessage"]
    into = done["targetDatabase"]
    assert family.sql("SHOW TABLES", database=into).split("\n") == ["item", "odd `x", "seen"]
    assert family.sql("SELECT n FROM item; SELECT COUNT(*) FROM seen", database=into) == "a;b\nc\n2"
    assert family.sql("INSERT INTO item (n) VALUES ('low'); SELECT n FROM item WHERE id = 3", database=into) == "LOW"
    assert family.sql(f"SHOW TRIGGERS FROM {into} WHERE `Trigger` = 'u'") == ""
    wrong = body(database, backup, {"objects": [table("nowhere", name)]})
    assert "selection-unknown" in findings(app.api.post("/restores/preflight", wrong), "error")
    family.sql("DROP TRIGGER t; DELETE FROM item", database=into)
    fill = body(database, backup, {"objects": [table("item", name)]}, mode="append", existingDatabase=into)
    del fill["options"]["newDatabase"]
    done = restore(app, fill)
    assert done["status"] == "completed", done["errorMessage"]
    assert family.sql("SELECT COUNT(*) FROM item", database=into) == "2"
