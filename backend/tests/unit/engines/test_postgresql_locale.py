"""The locale of a new database, for servers and providers the test servers do not have."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.sql import SQL

from dbbackup.engines.postgresql_target import locale_clauses

BASIS: dict[str, Any] = {"encoding": "UTF8", "collate": "C", "ctype": "C"}


@pytest.mark.parametrize(
    ("properties", "major", "words"),
    [
        ({}, 14, ""),
        ({}, 15, " LOCALE_PROVIDER libc"),
        ({"localeProvider": "icu", "locale": "de"}, 15, " LOCALE_PROVIDER icu ICU_LOCALE 'de'"),
        (
            {"localeProvider": "icu", "locale": "de", "icuRules": "&a<b"},
            16,
            " LOCALE_PROVIDER icu ICU_LOCALE 'de' ICU_RULES '&a<b'",
        ),
        ({"localeProvider": "builtin", "locale": "C"}, 17, " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C'"),
    ],
)
def test_locale_clauses_fit_the_server(properties: dict[str, Any], major: int, words: str) -> None:
    clauses = SQL(" ").join(locale_clauses({**BASIS, **properties}, major)).as_string(None)
    assert clauses == "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" + words
