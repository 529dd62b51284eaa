"""Commands that carry the configuration from one instance to another: export, import."""

from __future__ import annotations

import json as json_text
import os
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from dbbackup.commands.client import connected
from dbbackup.commands.output import confirm, print_json, print_table
from dbbackup.commands.runs import Json
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.settings import Settings

EXIT_PROBLEMS = 3
"""The file holds something that cannot be imported."""
_MARKS = {"added": "+", "changed": "~", "skipped": "-"}


def register(app: App, load: Callable[[], Settings]) -> None:
    """Add the commands to the app; `load` reads the settings."""

    @app.command(name="export")
    def export(
        file: Path,
        *,
        passphrase_file: Path | None = None,
        private_keys: bool = True,
        force: Annotated[bool, Parameter(negative="")] = False,
    ) -> None:
        """Write the configuration into one JSON file; its secrets are sealed by a passphrase.

        Args:
            file: The file to write; only this user can read it.
            passphrase_file: File that holds the passphrase; without it you are asked.
            private_keys: Whether the private parts of encryption keys go with it.
            force: Overwrite a file that is there.
        """
        if file.exists() and not force:
            raise ConflictError(f"{file} is there already: choose another name, or add --force.")
        passphrase = _passphrase(passphrase_file, twice=True)
        with connected(load) as api:
            body = {"passphrase": passphrase, "privateKeys": private_keys}
            content = api.download("/config/export", body)
        _write(file, content)
        print(f"The configuration is in {file}. Keep the passphrase elsewhere: nobody can open the secrets without it.")

    @app.command(name="import")
    def import_(
        file: Path,
        *,
        passphrase_file: Path | None = None,
        dry_run: Annotated[bool, Parameter(negative="")] = False,
        yes: Annotated[bool, Parameter(negative="")] = False,
        json: Json = False,
    ) -> None:
        """Bring an exported configuration here: adds and changes, deletes nothing, all or nothing.

        Args:
            file: The file that `dbbackup export` or the page wrote.
            passphrase_file: File that holds the passphrase; without it you are asked.
            dry_run: Only tell what would change; exit code 3 when something cannot be imported.
            yes: Import without asking.
        """
        body = {"file": _read(file), "passphrase": _passphrase(passphrase_file, twice=False)}
        with connected(load) as api:
            report = api.call("POST", "/config/import", {**body, "dryRun": True})
            if not dry_run and not report["problems"]:
                if not json and not yes:
                    _show(report)
                confirm(f"Import {report['added']} new and {report['changed']} changed records?", yes=yes)
                report = api.call("POST", "/config/import", body)
        if json:
            print_json(report)
        else:
            _show(report)
        if report["problems"]:
            sys.exit(EXIT_PROBLEMS)


def _show(report: dict[str, Any]) -> None:
    """Print what changes, and what stands in the way."""
    rows = []
    for change in report["changes"]:
        if change["action"] != "same":
            fields = ", ".join(field["field"] for field in change["fields"])
            told = change["warning"] or (fields if change["action"] == "changed" else "")
            rows.append([_MARKS[change["action"]], change["action"], change["kind"], change["name"], told])
    if rows:
        print_table(["", "", "KIND", "NAME", ""], rows)
    would = "would be " if report["dryRun"] else ""
    print(
        f"{report['added']} {would}added, {report['changed']} {would}changed, {report['same']} the same,"
        f" {report['skipped']} left to the environment."
    )
    for problem in report["problems"]:
        print(f"dbbackup: {problem['kind']} {problem['name']}: {problem['message']}", file=sys.stderr)
    if report["problems"]:
        print("dbbackup: nothing is imported until these are solved.", file=sys.stderr)


def _passphrase(path: Path | None, *, twice: bool) -> str:
    """Read the passphrase, from a file or from the terminal: arguments are for all to see."""
    if path is not None:
        return _text(path).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ValidationError.of("passphrase", "Give the file that holds the passphrase: --passphrase-file.")
    given = getpass("Passphrase: ")
    if twice and getpass("Once more: ") != given:
        raise ValidationError.of("passphrase", "The two are not the same. Nothing was written.")
    return given


def _read(path: Path) -> Any:
    try:
        content = json_text.loads(_text(path))
    except ValueError as error:
        raise ValidationError.of("file", f"{path} is no JSON ({error}): is it the file that was exported?") from error
    if not isinstance(content, dict):
        raise ValidationError.of("file", f"{path} is not the file that was exported.")
    return content


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"{path} cannot be read: {error}.") from error


def _write(path: Path, content: bytes) -> None:
    """Write it whole or not at all, readable by this user only."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.touch(mode=0o600, exist_ok=False)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConflictError(f"{path} cannot be written: {error.strerror}.") from error
