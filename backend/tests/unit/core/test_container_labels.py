"""Labels become wishes, and mistakes become notices."""

from __future__ import annotations

import pytest

from dbbackup.core.container_labels import Wish, read_labels, short_form
from devtools.docker_answers import container


def test_read_labels_when_recorded_then_a_wish() -> None:
    wish, notices = read_labels("shop-db-1", container("shop-db-1").labels)
    assert notices == []
    assert wish == Wish(enabled=True, schedule_type="hourly")


def test_read_labels_when_all_are_given_then_all_are_taken() -> None:
    wish, notices = read_labels(
        "db",
        {
            "db-backup.enable": "yes",
            "db-backup.schedule": "30 2 * * 1-5",
            "db-backup.timezone": "Europe/Berlin",
            "db-backup.retention": "24h/7d",
            "db-backup.s3": "Main, Second",
            "db-backup.database": "shop, wiki,shop",
            "db-backup.username": "backup",
            "db-backup.password-env": "BACKUP_PASSWORD",
            "com.docker.compose.service": "db",
        },
    )
    assert notices == []
    assert wish == Wish(
        enabled=True,
        databases=("shop", "wiki"),
        schedule_type="custom",
        cron_expression="30 2 * * 1-5",
        timezone="Europe/Berlin",
        retention="24h/7d",
        s3=("Main", "Second"),
        username="backup",
        password_variable="BACKUP_PASSWORD",
    )


def test_read_labels_when_none_or_not_switched_on_then_nothing_is_wanted() -> None:
    assert read_labels("db", {"other": "x"}) == (None, [])
    assert read_labels("db", {"db-backup.schedule": "daily"})[0] == Wish(enabled=False)
    wish, _ = read_labels("db", {"db-backup.enable": "true", "db-backup.schedule": "none", "db-backup.s3": "false"})
    assert wish == Wish(enabled=True, schedule_type=None, s3=False)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("enable", "perhaps", "write true or false, not 'perhaps'"),
        ("schedule", "sometimes", "nor a cron expression"),
        ("schedule", "61 * * * *", "61"),
        ("timezone", "Mars/Olympus", "Mars/Olympus"),
        ("retention", "", "name a retention policy"),
        ("retention", "0h/0d", "would keep nothing"),
        ("s3", " , ", "it is empty"),
        ("database", "*,shop", "means all databases"),
        ("username", "", "name the user"),
        ("password-env", "p@ss word", "not the password itself"),
        ("shedule", "daily", "there is no such label"),
    ],
)
def test_read_labels_when_a_value_is_bad_then_a_notice_names_container_and_label(
    name: str, text: str, says: str
) -> None:
    wish, [notice] = read_labels("db", {"db-backup.enable": "true", f"db-backup.{name}": text})
    assert wish is None
    assert (notice.container, notice.label) == ("db", f"db-backup.{name}")
    assert says in notice.message
    assert "p@ss" not in notice.message


def test_short_form_when_it_is_one_then_by_tier() -> None:
    assert short_form("24h/7d/4w/12m/1y") == {
        "keep_hourly": 24,
        "keep_daily": 7,
        "keep_weekly": 4,
        "keep_monthly": 12,
        "keep_yearly": 1,
    }
    assert short_form("Standard") is None
