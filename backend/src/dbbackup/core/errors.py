"""The one tree of errors.

AppError
├── ValidationError        400  input that cannot be accepted, with field names
│   ├── AddressRefusedError     nothing may be sent to the address
│   └── HostUnknownError        the name has no address
├── UnauthorizedError      401
│   └── SecondFactorError       the password is right, a code is missing or wrong
├── ForbiddenError         403
├── NotFoundError          404
├── ConflictError          409  the request does not fit the present state
│   ├── DockerUnavailableError  no Docker engine can be asked
│   ├── ScratchContainerError   no throwaway container can be had
│   └── ContainerExecError      no command can be run in the database's container
├── RateLimitedError       429
├── DatabaseError          502  the user's database server refused or failed
├── StorageError           502  a storage refused or failed (BACKUP_ERROR)
│   ├── S3Error            502  the same for object storage (S3_ERROR)
│   ├── ObjectMissingError 502  what should be stored is not there
│   └── ObjectLockedError  502  object lock forbids the deletion until a date
├── BackupError            502  a backup could not be made
│   ├── ToolMissingError        no client tool suits the server
│   ├── ToolFailedError         a client tool ended with an error
│   ├── DumpIncompleteError     the tool said success, its output is not whole
│   └── RunStalledError         no byte came for too long
├── RestoreError           502  a restore could not be done
│   ├── IntegrityError          stored bytes are not the bytes that were written
│   └── KeyMissingError         no private key here opens what is encrypted
├── ProviderError          502  who else says who somebody is (OpenID provider, directory) refused or failed
├── DeliveryError          500  a notification could not be delivered; shown with it, never answered
└── InternalError          500

Every message is written for the person who has to act on it and never holds a secret.
`retryable` tells whether the same call may succeed later without anybody changing anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of the input and what is wrong with it; `field` is the JSON name."""

    field: str
    message: str


class AppError(Exception):
    """Base of everything this program raises on purpose."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    retryable: bool = False

    def __init__(self, message: str, *, details: list[FieldError] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or []


class ValidationError(AppError):
    """Input that cannot be accepted."""

    code = "VALIDATION_ERROR"

    @classmethod
    def of(cls, field: str, message: str) -> ValidationError:
        """Make the error for one field; the message serves as the whole's message too."""
        return cls(message, details=[FieldError(field, message)])


class AddressRefusedError(ValidationError):
    """Nothing may be sent to the address that a host stands for."""


class HostUnknownError(ValidationError):
    """A host's name has no address now."""

    retryable = True


class UnauthorizedError(AppError):
    """Nobody is signed in, or the credentials are wrong."""

    code = "UNAUTHORIZED"


class SecondFactorError(UnauthorizedError):
    """The password is right, and the code of the second factor is missing or wrong."""

    code = "SECOND_FACTOR_REQUIRED"


class ForbiddenError(AppError):
    """The caller may not do this."""

    code = "FORBIDDEN"


class NotFoundError(AppError):
    """The thing asked for does not exist."""

    code = "NOT_FOUND"


class ConflictError(AppError):
    """The request does not fit the present state."""

    code = "CONFLICT"


class DockerUnavailableError(ConflictError):
    """No Docker engine can be asked; `reason` is a stable name of why."""

    retryable = True

    def __init__(self, message: str, *, details: list[FieldError] | None = None, reason: str = "unreachable") -> None:
        super().__init__(message, details=details)
        self.reason = reason


class ScratchContainerError(ConflictError):
    """No throwaway container can be had; `reason` is a stable name of why."""

    code = "SCRATCH_CONTAINER_REFUSED"

    def __init__(self, message: str, *, details: list[FieldError] | None = None, reason: str = "failed") -> None:
        super().__init__(message, details=details)
        self.reason = reason


class ContainerExecError(ConflictError):
    """No command can be run in the database's own container; `reason` is a stable name of why."""

    code = "CONTAINER_EXEC_REFUSED"

    def __init__(self, message: str, *, details: list[FieldError] | None = None, reason: str = "failed") -> None:
        super().__init__(message, details=details)
        self.reason = reason


class RateLimitedError(AppError):
    """Too many requests; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, details: list[FieldError] | None = None, retry_after: int = 60) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after


class DatabaseError(AppError):
    """The user's database server refused or failed."""

    code = "DATABASE_ERROR"


class DatabaseUnreachableError(DatabaseError):
    """The server did not answer; it may answer later."""

    retryable = True


class StorageError(AppError):
    """A storage refused or failed."""

    code = "BACKUP_ERROR"


class S3Error(StorageError):
    """Object storage refused or failed."""

    code = "S3_ERROR"


class S3UnreachableError(S3Error):
    """Object storage did not answer or answered with a passing fault."""

    retryable = True


class ObjectMissingError(StorageError):
    """A stored object that should be there is not."""


class ObjectLockedError(StorageError):
    """A stored object may not be removed yet; `until` None means: until somebody ends its legal hold."""

    code = "S3_ERROR"

    def __init__(self, message: str, *, details: list[FieldError] | None = None, until: datetime | None = None) -> None:
        super().__init__(message, details=details)
        self.until = until


class BackupError(AppError):
    """A backup could not be made."""

    code = "BACKUP_ERROR"


class ToolMissingError(BackupError):
    """No installed client tool suits the server."""


class ToolFailedError(BackupError):
    """A client tool ended with an error."""

    retryable = True


class DumpIncompleteError(BackupError):
    """The tool reported success but its output is not whole."""

    retryable = True


class RunStalledError(BackupError):
    """Nothing has moved for longer than is allowed."""

    retryable = True


class RestoreError(AppError):
    """A restore could not be done."""

    code = "RESTORE_ERROR"


class IntegrityError(RestoreError):
    """Stored bytes are not the bytes that were written."""


class KeyMissingError(RestoreError):
    """None of the private keys at hand opens an encrypted file."""


class ProviderError(AppError):
    """The OpenID provider or the directory did not answer, or not as it should."""

    code = "SIGN_IN_PROVIDER_ERROR"
    retryable = True


class DeliveryError(AppError):
    """A notification could not be delivered; `retry_after` are the seconds that the other side asks to wait."""

    retryable = True

    def __init__(
        self, message: str, *, details: list[FieldError] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after


class InternalError(AppError):
    """A fault of this program."""
