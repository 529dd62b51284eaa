"""What is in a backup, object by object, and which of it a restore is to take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from dbbackup.core.errors import ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.values import Finding

_MAX_CHOSEN = 20_000
_Name = Annotated[str, Meta(min_length=1, max_length=500)]


class ContentsObject(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One object that can be chosen; `rows` and `size` (bytes) are null where they are not known."""

    kind: str
    """`table`, `view`, `sequence`, `function` and so on."""
    schema: str
    name: str
    rows: int | None
    rows_exact: bool
    size: int | None
    needs: list[str]
    """Other objects of the backup it refers to, as people write them: `type public.mood`."""


class ObjectName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object by its kind and name, as `ContentsObject` has them."""

    kind: _Name
    schema: _Name
    name: _Name


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The objects to restore: all of these schemas, and these."""

    schemas: Annotated[list[_Name], Meta(max_length=_MAX_CHOSEN)] = []
    objects: Annotated[list[ObjectName], Meta(max_length=_MAX_CHOSEN)] = []

    def takes(self, kind: str, schema: str, name: str) -> bool:
        """Tell whether the object was chosen."""
        return schema in self.schemas or ObjectName(kind=kind, schema=schema, name=name) in self.objects


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What a selection means for one backup."""

    tables: list[tuple[str, str]]
    """Schema and name of the tables whose rows are taken."""
    owners: set[str] | None = None
    """Roles that own what is taken; None where the engine has none."""
    grantees: set[str] = set()
    extensions: set[str] = set()
    findings: list[Finding]
    """What comes along, is left out, or is not there."""


class ContentsReader(Protocol):
    """Learns what is in a backup, from its manifest and, where it must, from the front of its plain dump."""

    @property
    def done(self) -> bool:
        """Tell whether nothing (more) of the dump is needed."""
        ...

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the plain dump. Raises RestoreError when it is not what it should be."""
        ...

    def objects(self) -> list[ContentsObject]:
        """Return what can be chosen. Raises RestoreError when the dump ended too early."""
        ...

    def choose(self, selection: Selection) -> Chosen:
        """Say what the selection would take. Raises RestoreError when the dump ended too early."""
        ...


MakeReader = Callable[[Manifest], ContentsReader]


def parse_selection(raw: Any) -> Selection:
    """Read a selection from restore options.

    Raises:
        ValidationError: it has another shape, or chooses nothing.
    """
    try:
        selection = msgspec.convert(raw, Selection)
    except msgspec.ValidationError as error:
        raise ValidationError.of("selection", f"selection cannot be read: {error}.") from error
    if not selection.schemas and not selection.objects:
        raise ValidationError.of("selection", "selection chooses nothing: name schemas or objects, or leave it out.")
    return selection


def selection_of(options: dict[str, Any]) -> Selection | None:
    """Return the selection of restore options that were parsed; None when all is restored."""
    raw = options.get("selection")
    return None if raw is None else msgspec.convert(raw, Selection)
