"""What callers may send about the export and import of the configuration."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from dbbackup.services.inputs import Input

NewPassphrase = Annotated[str, Meta(min_length=12, max_length=1000)]
Passphrase = Annotated[str, Meta(min_length=1, max_length=1000)]


class ConfigExportInput(Input):
    """A configuration to export. All passwords and keys in the file open with the passphrase, and with nothing else.

    With `privateKeys` false the private parts of the encryption keys stay here: the other instance can then encrypt,
    and restores nothing that is encrypted.
    """

    passphrase: NewPassphrase
    private_keys: bool = True


class ConfigImportInput(Input):
    """A file that was exported, as a JSON object, and its passphrase. `dryRun` tells what would change."""

    file: dict[str, Any]
    passphrase: Passphrase
    dry_run: bool = False
