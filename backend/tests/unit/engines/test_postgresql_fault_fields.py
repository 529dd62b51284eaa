from __future__ import annotations

import pytest

from dbbackup.core.errors import FieldError
from dbbackup.engines.faults import Where, diagnose
from dbbackup.engines.postgresql_faults import CONNECTION_FAULTS

WHERE = Where("db.example.com", 5432, "shop", "backup")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('FATAL:  password authentication failed for user "backup"', "password"),
        ('FATAL:  role "backup" does not exist', "username"),
        ('FATAL:  database "shop" does not exist', "database"),
        ("could not translate host name", "host"),
        ("connection refused", "port"),
        ("server does not support SSL, but SSL was required", "tlsMode"),
        ("SSL error: certificate verify failed", "tlsCa"),
    ],
)
def test_diagnose_when_one_field_is_to_blame_then_it_is_named(text: str, field: str) -> None:
    found = diagnose(text, WHERE, CONNECTION_FAULTS)
    assert found is not None
    assert found.details == [FieldError(field, found.message)]


def test_diagnose_when_the_server_is_to_blame_then_no_field_is_named() -> None:
    found = diagnose("FATAL:  sorry, too many clients already", WHERE, CONNECTION_FAULTS)
    assert found is not None
    assert found.details == []
