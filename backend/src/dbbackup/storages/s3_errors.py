"""Turns what botocore and aiohttp raise into errors a person can act on; never shows a secret.

S3Error
├── S3UnreachableError      passing fault: worth another attempt
├── UploadGoneError         the multipart upload is not open (any more)
ConflictError               the key is taken, or the object is not the expected one
ObjectMissingError          no such object
"""

from __future__ import annotations

import re
import ssl

import aiohttp
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from dbbackup.core.errors import (
    AddressRefusedError,
    AppError,
    ConflictError,
    ObjectMissingError,
    S3Error,
    S3UnreachableError,
)
from dbbackup.storages.s3_settings import S3Settings


class UploadGoneError(S3Error):
    """The multipart upload is not open: finished, aborted, or never there."""


_PASSING = {
    "SlowDown",
    "RequestTimeout",
    "RequestTimeoutException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "ServiceUnavailable",
    "InternalError",
    "503",
    "429",
}
_CONFLICT = {"PreconditionFailed", "ConditionalRequestConflict", "412"}
_MISSING = {"NoSuchKey", "NoSuchVersion", "404"}

_LOOKING = ("reading", "looking up an object")
_KEY_CODES = {"400", "403", "AccessDenied", "InvalidRequest", "InvalidArgument"}

_NOT_S3 = "the answer is not S3's. Check that the endpoint is the S3 address, not a web page."

_ADVICE = {
    "NoSuchBucket": "the bucket {bucket} does not exist there. Check bucket, region and endpoint.",
    "InvalidAccessKeyId": "the access key is not known there. Check the access key and the endpoint.",
    "SignatureDoesNotMatch": "the secret key does not fit the access key. Enter it again.",
    "AccessDenied": "the key has no permission for this. Allow it on bucket {bucket} in the service's policy.",
    "403": "the key has no permission for this, or is wrong. Check it and the policy of bucket {bucket}.",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than 15 minutes. Set it (NTP).",
    "ExpiredToken": "the key has expired. Enter a new one.",
    "PermanentRedirect": "the bucket {bucket} is in another region. Set its region and endpoint.",
    "301": "the bucket {bucket} is in another region. Set its region and endpoint.",
    "AuthorizationHeaderMalformed": "the region {region} is not the bucket's. Set the bucket's region.",
    "IllegalLocationConstraintException": "the region {region} is not the bucket's. Set the bucket's region.",
    "InvalidStorageClass": "the storage class is not known there. Choose another one.",
    "BadDigest": "the data was damaged on its way (checksum). Run it again; check network and memory.",
    "InvalidDigest": "the data was damaged on its way (checksum). Run it again; check network and memory.",
    "XAmzContentSHA256Mismatch": "the service refuses unsigned bodies over http. Use an https endpoint.",
    "EntityTooSmall": "the service wants larger parts.",
    "InvalidObjectState": "the object is archived. Restore it from the archive class first.",
    "InvalidRetentionPeriod": "the service refuses the period of the object lock. Choose other days.",
    "ObjectLockConfigurationNotFoundError": "the bucket has no object lock.",
    "NotImplemented": (
        "the service does not know one of the options (checksum, conditional writes, encryption, storage class, tags). "
        "Set checksum to md5, conditional writes off, or leave the others empty."
    ),
    "KMS.NotFoundException": "the KMS key does not exist. Check the key's id and region.",
    "QuotaExceeded": "the bucket's quota is used up. Make room or raise it.",
}


def to_error(error: BaseException, settings: S3Settings, action: str) -> AppError:
    """Return the error for a fault met while doing `action` ("uploading a part", say)."""
    if refused := _refused(error):
        return S3Error(f"{refused.message} Check the endpoint.")
    start = f"{action[:1].upper()}{action[1:]} at {settings.host} failed: "
    if isinstance(error, boto.ClientError):
        return _key_fault(error, settings, action, start) or _from_answer(error, settings, start)
    if isinstance(error, boto.SSLError | ssl.SSLError | aiohttp.ClientSSLError):
        return S3Error(start + "its certificate is not accepted. Check the endpoint, or install the authority.")
    if isinstance(error, ResponseParserError):
        return S3Error(start + _NOT_S3)
    if isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError):
        return S3UnreachableError(start + "no connection. Check endpoint, port, DNS and firewall.")
    if isinstance(error, TimeoutError | boto.ReadTimeoutError):
        return S3UnreachableError(start + "no answer in time. Check network and service.")
    if isinstance(
        error, boto.ConnectionError | boto.HTTPClientError | boto.IncompleteReadError | aiohttp.ClientError | OSError
    ):
        return S3UnreachableError(start + "the connection broke. Check network and service.")
    # What is left (bad parameters, say) is described by its type: its text may hold what was sent.
    return S3Error(start + f"{type(error).__name__}. Check the settings of this storage.")


def _refused(error: BaseException | None) -> AddressRefusedError | None:
    """Return the rule that refused the address, however deep the client has wrapped it."""
    while error is not None and not isinstance(error, AddressRefusedError):
        error = error.__cause__ or error.__context__
    return error


def _key_fault(error: boto.ClientError, settings: S3Settings, action: str, start: str) -> S3Error | None:
    """Return the error for an object that may have been stored with another customer key (SSE-C), or with one at all.

    Services say no more than "bad request" or "access denied", and nothing at all to HEAD.
    """
    code = str(error.response.get("Error", {}).get("Code", ""))
    if action not in _LOOKING or code not in _KEY_CODES:
        return None
    if settings.sse == "SSE-C":
        return S3Error(
            start + "the object does not open with this customer key (SSE-C), or the access key may not read it. "
            "Enter the customer key it was stored with: without that key nobody can read it, the service included. "
            f"({code})"
        )
    if code in ("403", "AccessDenied"):
        return None
    return S3Error(
        start + "the request does not fit the object. If it was stored with a customer key (SSE-C), give the S3 "
        f"config that key. ({code})"
    )


def _from_answer(error: boto.ClientError, settings: S3Settings, start: str) -> AppError:
    """Return the error for an answer with an error code."""
    answer = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("content-type", "")
    if status == 500 and "html" in kind:
        # botocore calls every 200 answer it cannot read a 500; gateways' own pages are 502 to 504.
        return S3Error(start + _NOT_S3)
    if code in _CONFLICT:
        return ConflictError(start + "an object is there already, or it was replaced in the meantime.")
    if code == "NoSuchUpload":
        return UploadGoneError(start + "the multipart upload is not open any more.")
    if code in _MISSING:
        return ObjectMissingError(start + "the object is not there.")
    if code in _PASSING or (status >= 500 and status != 501):
        return S3UnreachableError(start + f"the service has a passing fault ({code or status}). Try again later.")
    if code in _ADVICE:
        advice = _ADVICE[code].format(bucket=settings.bucket, region=settings.region)
        return S3Error(start + f"{advice} ({code})")
    said = scrub(str(answer.get("Error", {}).get("Message", "")), settings)[:300]
    return S3Error(start + f"the service says {code or status}: {said or 'nothing more'}")


def scrub(text: str, settings: S3Settings) -> str:
    """Return the text without our keys and without anything that looks like a signature."""
    for secret in (settings.secret_key, settings.access_key):
        if secret:
            text = text.replace(secret.reveal(), "***")
    return re.sub(r"(?i)((?:X-Amz-)?(?:Signature|Credential|Security-Token)[=:]\s*)[^\s&,<>\"]+", r"\1***", text)
