"""Starts a real SeaweedFS and checks the S3 behaviour that the storage tests lean on."""

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from devtools.servers import SeaweedServer


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with SeaweedServer.start() as running:
        yield running


def test_create_bucket_with_versioning_keeps_versions(server: SeaweedServer) -> None:
    bucket, client = server.create_bucket("versioned", versioning=True), server.client()
    for body in (b"one", b"two"):
        client.put_object(Bucket=bucket, Key="key", Body=body)
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 2


def test_create_bucket_with_object_lock_enables_it(server: SeaweedServer) -> None:
    bucket = server.create_bucket("locked", object_lock=True)
    answer = server.client().get_object_lock_configuration(Bucket=bucket)
    assert answer["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"


def test_write_to_a_missing_bucket_is_refused(server: SeaweedServer) -> None:
    with pytest.raises(ClientError) as refused:
        server.client().put_object(Bucket="never-made", Key="key", Body=b"x")
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_write_when_encryption_is_asked_for_is_sealed(server: SeaweedServer) -> None:
    bucket = server.create_bucket("sealed")
    answer = server.client().put_object(Bucket=bucket, Key="key", Body=b"x", ServerSideEncryption="AES256")
    assert answer["ServerSideEncryption"] == "AES256"


def test_keys_when_wrong_or_read_only_are_denied(server: SeaweedServer) -> None:
    bucket = server.create_bucket("guarded")
    for access_key in ("nobody", server.readonly_access_key):
        client = botocore.session.Session().create_client(
            "s3",
            endpoint_url=server.endpoint,
            region_name=server.region,
            aws_access_key_id=access_key,
            aws_secret_access_key=server.secret_key,
        )
        with pytest.raises(ClientError) as denied:
            client.put_object(Bucket=bucket, Key="key", Body=b"x")
        assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_restart_after_kill_keeps_the_data_and_the_endpoint() -> None:
    with SeaweedServer.start() as running:
        endpoint, bucket = running.endpoint, running.create_bucket("kept")
        running.client().put_object(Bucket=bucket, Key="key", Body=b"x" * 100_000)
        running.kill()
        with pytest.raises(EndpointConnectionError):
            running.client().list_buckets()
        running.restart()
        assert running.endpoint == endpoint
        assert running.client().get_object(Bucket=bucket, Key="key")["Body"].read() == b"x" * 100_000
        data_dir = running.data_dir
    assert not data_dir.exists()
