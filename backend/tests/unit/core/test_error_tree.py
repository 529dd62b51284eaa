"""Errors have codes, messages and fields; the tree in the module's docstring is the real one."""

from __future__ import annotations

import pytest

from dbbackup.core import errors
from dbbackup.core.errors import AppError, FieldError, ValidationError

CODES = {
    "ValidationError": "VALIDATION_ERROR",
    "AddressRefusedError": "VALIDATION_ERROR",
    "HostUnknownError": "VALIDATION_ERROR",
    "UnauthorizedError": "UNAUTHORIZED",
    "SecondFactorError": "SECOND_FACTOR_REQUIRED",
    "ForbiddenError": "FORBIDDEN",
    "NotFoundError": "NOT_FOUND",
    "ConflictError": "CONFLICT",
    "DockerUnavailableError": "CONFLICT",
    "ScratchContainerError": "SCRATCH_CONTAINER_REFUSED",
    "ContainerExecError": "CONTAINER_EXEC_REFUSED",
    "RateLimitedError": "RATE_LIMITED",
    "DatabaseError": "DATABASE_ERROR",
    "DatabaseUnreachableError": "DATABASE_ERROR",
    "StorageError": "BACKUP_ERROR",
    "S3Error": "S3_ERROR",
    "S3UnreachableError": "S3_ERROR",
    "ObjectMissingError": "BACKUP_ERROR",
    "ObjectLockedError": "S3_ERROR",
    "BackupError": "BACKUP_ERROR",
    "ToolMissingError": "BACKUP_ERROR",
    "ToolFailedError": "BACKUP_ERROR",
    "DumpIncompleteError": "BACKUP_ERROR",
    "RunStalledError": "BACKUP_ERROR",
    "RestoreError": "RESTORE_ERROR",
    "IntegrityError": "RESTORE_ERROR",
    "KeyMissingError": "RESTORE_ERROR",
    "ProviderError": "SIGN_IN_PROVIDER_ERROR",
    "DeliveryError": "INTERNAL_ERROR",
    "InternalError": "INTERNAL_ERROR",
}
RETRYABLE = {
    "HostUnknownError",
    "DatabaseUnreachableError",
    "DockerUnavailableError",
    "S3UnreachableError",
    "ToolFailedError",
    "DumpIncompleteError",
    "RunStalledError",
    "ProviderError",
    "DeliveryError",
}
CLASSES: dict[str, type[AppError]] = {
    name: found for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, AppError)
}


def test_tree_when_listed_has_a_code_for_every_error() -> None:
    assert {name: found.code for name, found in CLASSES.items() if found is not AppError} == CODES
    assert {name for name in CODES if CLASSES[name].retryable} == RETRYABLE


@pytest.mark.parametrize("name", CODES)
def test_error_when_raised_keeps_message_and_details(name: str) -> None:
    field = FieldError("port", "too big")
    with pytest.raises(AppError) as caught:
        raise CLASSES[name]("Do this.", details=[field])
    assert (str(caught.value), caught.value.message, caught.value.details) == ("Do this.", "Do this.", [field])
    assert CLASSES[name]("x").details == []


def test_validation_error_when_made_of_a_field_names_it() -> None:
    error = ValidationError.of("newDatabase", "That name is taken.")
    assert error.message == "That name is taken."
    assert error.details == [FieldError("newDatabase", "That name is taken.")]
