"""Errors of object storage: what they become, and that no secret is in them."""

from __future__ import annotations

import ssl
import traceback
from unittest.mock import Mock

import aiohttp
import pytest
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from dbbackup.core.errors import AppError, ConflictError, ObjectMissingError, S3Error, S3UnreachableError
from dbbackup.core.secret import Secret
from dbbackup.storages.s3_errors import UploadGoneError, scrub, to_error
from dbbackup.storages.s3_settings import S3Settings

SETTINGS = S3Settings(id="x", bucket="bucket", access_key=Secret("AKIDEXAMPLE"), secret_key=Secret("s3cr3t/key+="))
SIGNED = "https://h/b/k?X-Amz-Credential=AKIDEXAMPLE%2Fx&X-Amz-Signature=abcdef0123456789&X-Amz-Security-Token=tok3n"


def answer(code: str, status: int = 400, message: str = "") -> boto.ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
    }
    return boto.ClientError(response, "PutObject")


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (answer("NoSuchBucket", 404), S3Error, "bucket bucket does not exist"),
        (answer("InvalidAccessKeyId", 403), S3Error, "access key is not known"),
        (answer("SignatureDoesNotMatch", 403), S3Error, "secret key does not fit"),
        (answer("AccessDenied", 403), S3Error, "no permission"),
        (answer("RequestTimeTooSkewed", 403), S3Error, "clock"),
        (answer("PermanentRedirect", 301), S3Error, "another region"),
        (answer("AuthorizationHeaderMalformed"), S3Error, "region us-east-1"),
        (answer("NotImplemented", 501), S3Error, "md5"),
        (answer("", 501), S3Error, "501: nothing more"),
        (answer("Odd", 400, "because"), S3Error, "Odd: because"),
        (answer("SlowDown", 503), S3UnreachableError, "SlowDown"),
        (answer("RequestTimeout", 400), S3UnreachableError, "passing"),
        (answer("", 502), S3UnreachableError, "502"),
        (answer("PreconditionFailed", 412), ConflictError, "already"),
        (answer("NoSuchUpload", 404), UploadGoneError, "not open"),
        (answer("404", 404), ObjectMissingError, "not there"),
        (ResponseParserError("<html>"), S3Error, "not S3's"),
        (boto.SSLError(endpoint_url=SIGNED, error="e"), S3Error, "certificate"),
        (ssl.SSLError("bad"), S3Error, "certificate"),
        (boto.EndpointConnectionError(endpoint_url=SIGNED, error="e"), S3UnreachableError, "no connection"),
        (boto.ConnectTimeoutError(endpoint_url=SIGNED, error="e"), S3UnreachableError, "no connection"),
        (boto.ReadTimeoutError(endpoint_url=SIGNED, error="e"), S3UnreachableError, "in time"),
        (TimeoutError(), S3UnreachableError, "in time"),
        (boto.ConnectionClosedError(endpoint_url=SIGNED, error="e"), S3UnreachableError, "broke"),
        (boto.ProxyConnectionError(proxy_url=SIGNED, error="e"), S3UnreachableError, "broke"),
        (boto.HTTPClientError(error=SIGNED), S3UnreachableError, "broke"),
        (aiohttp.ClientPayloadError(SIGNED), S3UnreachableError, "broke"),
        (ConnectionResetError(), S3UnreachableError, "broke"),
        (boto.ParamValidationError(report=SIGNED), S3Error, "ParamValidationError"),
        (ValueError("s3cr3t/key+="), S3Error, "ValueError"),
    ],
)
def test_every_fault_becomes_an_error_that_says_what_to_do(error: Exception, kind: type[AppError], said: str) -> None:
    found = to_error(error, SETTINGS, "uploading")
    assert type(found) is kind
    assert found.message.startswith("Uploading at s3.us-east-1.amazonaws.com failed: ")
    assert said in found.message
    for secret in ("s3cr3t", "AKIDEXAMPLE", "abcdef0123456789", "tok3n", "X-Amz"):
        assert secret not in found.message


def test_a_service_that_repeats_secrets_is_scrubbed() -> None:
    message = f"key AKIDEXAMPLE secret s3cr3t/key+= at {SIGNED}, Signature=fedcba, Credential: AKIDEXAMPLE/x"
    found = to_error(answer("Odd", 400, message), SETTINGS, "uploading")
    for secret in ("s3cr3t", "AKIDEXAMPLE", "abcdef0123456789", "fedcba", "tok3n"):
        assert secret not in found.message


def test_scrub_without_keys_leaves_the_text() -> None:
    assert scrub("some text", Mock(secret_key=Secret(""), access_key=Secret(""))) == "some text"


def test_settings_and_tracebacks_do_not_show_the_keys() -> None:
    try:
        raise to_error(answer("AccessDenied", 403), SETTINGS, "uploading")
    except AppError:
        shown = traceback.format_exc() + repr(SETTINGS)
    assert "s3cr3t" not in shown
    assert "AKIDEXAMPLE" not in shown
