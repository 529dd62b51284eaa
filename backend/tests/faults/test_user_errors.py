"""What can be wrong outside the product: each shows a message that says what to do, and no secret."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.product import ApiError
from devtools.servers import free_port
from tests.faults.rig import SHOP, Rig

WRONG_PASSWORD = "Wrong-Marked-Password-93fe"

WRONG_DATABASES: dict[str, tuple[dict[str, Any], str]] = {
    "password": ({"password": WRONG_PASSWORD}, "refused the password of role postgres: correct the user name or"),
    "host": ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
    "port": ({"port": 1}, ":1"),
    "database": ({"database": "no_such_db"}, "The database no_such_db does not exist on 127.0.0.1"),
}


@pytest.mark.parametrize("what", WRONG_DATABASES)
def test_database_when_something_is_wrong_says_what_when_saved_and_when_backed_up(rig: Rig, what: str) -> None:
    changed, message = WRONG_DATABASES[what]
    with pytest.raises(ApiError) as refused:
        rig.add_database(SHOP, name=f"Wrong {what}", **changed)
    print(f"\nOBSERVED POST /databases: {refused.value}")
    assert message in refused.value.message
    assert (refused.value.status, refused.value.code) == (502, "DATABASE_ERROR")
    assert not [one for one in rig.product.call("GET", "/databases") if one["name"] == f"Wrong {what}"]

    forced = rig.add_database(SHOP, name=f"Wrong {what}", force=True, **changed)
    failed = rig.ended(rig.back_up(forced), "failed")
    assert message in failed["errorMessage"]
    assert WRONG_PASSWORD not in str(failed)
    assert rig.secrets_seen() == []
    rig.assert_nothing_left()
    rig.product.call("DELETE", f"/databases/{forced}", backups="delete")


WRONG_BUCKETS: dict[str, tuple[dict[str, Any], str]] = {
    "bucket": ({"bucket": "no-such-bucket"}, "the bucket no-such-bucket does not exist there. Check bucket, region"),
    "access key": ({"accessKey": "WRONGACCESSKEY000000"}, "the access key is not known there. Check the access key"),
    "secret key": ({"secretKey": "Wrong-Marked-Secret-Key"}, "the secret key does not fit the access key. Enter it"),
    "port": ({"endpoint": "http://127.0.0.1:1"}, "no connection. Check endpoint, port, DNS and firewall"),
}


@pytest.mark.parametrize("what", WRONG_BUCKETS)
def test_bucket_when_something_is_wrong_fails_that_copy_only_and_says_what(rig: Rig, what: str) -> None:
    changed, message = WRONG_BUCKETS[what]
    wrong = rig.add_s3_config(f"Wrong {what}", **changed)
    database = rig.database_ids[SHOP]

    failed = rig.ended(rig.back_up(database, local=False, s3ConfigIds=[wrong]), "failed")
    assert message in failed["errorMessage"]
    assert f"S3 config Wrong {what}" in failed["errorMessage"]

    completed = rig.ended(rig.back_up(database, s3ConfigIds=[wrong, rig.s3_id]), "completed")
    assert [copy["state"] for copy in completed["copies"]] == ["complete", "failed", "complete"]
    assert message in completed["copies"][1]["error"]
    assert rig.secrets_seen() == []
    assert "Wrong-Marked-Secret-Key" not in rig.product.log
    rig.assert_nothing_left()


def test_s3_test_when_the_port_is_closed_names_the_step(rig: Rig) -> None:
    form = {"s3ConfigId": rig.s3_id, "endpoint": f"http://127.0.0.1:{free_port()}"}
    answer = rig.product.call("POST", "/s3-configs/test", form)
    assert not answer["ok"]
    assert "Check endpoint, port" in answer["steps"][0]["message"]
