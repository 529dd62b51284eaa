"""Tests of engines.postgresql_script: read as psql reads it, whatever the pieces it comes in."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.engines.postgresql_script import MAX_STATEMENT, PsqlScript

GOOD = rb"""-- a comment ; \! no
/* one /* nested ; \! */ still */ SELECT 'text ; \! ''quoted''', E'it\'s; \\', "na""me;\!", $1, a$b$c, $$ ; \! $$;
SELECT $tag$ $$ ; \! $tag$, U&'\0041;' ; SELECT 1 \; SELECT 2 \: 3;
\restrict AbC123
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END;
CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS 'BEGIN; END;';
CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);
COPY t (a, b) FROM stdin;
1	\\! not a command
\N	;
\.
INSERT INTO t VALUES ('\', 2);
ROLLBACK TO SAVEPOINT a;
\unrestrict AbC123
-- the end"""


def passed(script: bytes, size: int = 1 << 20, *, alone: bool = True, trusted: bool = False) -> bytes:
    reading = PsqlScript(alone=alone, trusted=trusted)
    out = [piece for at in range(0, len(script), size) for piece in reading.update(script[at : at + size])]
    out += reading.finish()
    first, _, rest = b"".join(out).partition(b"\n")
    assert first.startswith(b"\\restrict ")
    assert len(first) == len("\\restrict ") + 32
    return rest


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1 << 20])
def test_script_when_it_is_good_then_it_passes_as_it_is_but_for_restrict_lines(size: int) -> None:
    expected = GOOD.replace(b"\\restrict AbC123", b"").replace(b"\\unrestrict AbC123", b"")
    assert passed(GOOD, size) == expected.removesuffix(b"-- the end")


def test_script_when_two_are_read_then_their_words_differ() -> None:
    first, second = (b"".join(PsqlScript(alone=True, trusted=False).update(b"SELECT 1;")) for _ in range(2))
    assert first.split(b"\n")[0] != second.split(b"\n")[0]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (rb"SELECT 1;" b"\n\n" rb"\! id" b"\n", r"Line 3 .*psql command \\!"),
        (b"SELECT 1\n\\g |cat\n;", r"Line 2 .*within a statement"),
        (b"COPY t FROM stdin; SELECT 1;\n1\n\\.\n", "behind a COPY"),
        (b"COPY t FROM stdin;\n1\n", "no end"),
        (b"COPY t FROM stdin;", "does not end"),
        (b"SELECT 'a", "does not end"),
        (b"SELECT $a$ x", "does not end"),
        (b"SELECT /* x", "does not end"),
        (b"SELECT 1 -- x", "does not end"),
        (b"/* x", "does not end"),
        (b"\\! id", "does not end"),
        (b'SELECT "a', "does not end"),
        (b"SELECT E'a\\'", "does not end"),
        (b"begin;", "transaction"),
        (b"rollback;", "transaction"),
        (b"create database x;", "database"),
        (b"SET standard_conforming_strings TO off;", "standard_conforming_strings"),
        (b"COPY t TO PROGRAM 'x';", "COPY PROGRAM"),
        (b"select pg_ls_dir('x');", "files of the server"),
        (b"CREATE EXTENSION file_fdw;", "access to files"),
        (b"SELECT 'x" + b" " * MAX_STATEMENT, "16 MiB"),
    ],
)
def test_script_when_something_is_wrong_then_it_says_where(script: bytes, words: str) -> None:
    with pytest.raises(RestoreError, match=words):
        passed(script)


def test_script_when_it_is_trusted_or_has_its_own_database_then_more_is_let_through() -> None:
    assert passed(b"COPY t TO PROGRAM 'x';", trusted=True) == b"COPY t TO PROGRAM 'x';"
    assert passed(b"BEGIN; COMMIT;", alone=False) == b"BEGIN; COMMIT;"
    assert passed(b"\n  \n") == b"\n  \n"
