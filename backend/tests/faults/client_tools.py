"""A folder of client tools that can be told to misbehave; otherwise each becomes the real one by exec."""

from __future__ import annotations

from pathlib import Path

_SCRIPT = """#!/bin/sh
# pg_dump (PostgreSQL) {version}: what the product looks for in the file
real="{folder}/$(basename "$0")"
misbehave=$(cat "$(dirname "$0")/misbehave" 2>/dev/null)
case "$(basename "$0") $misbehave" in
    "pg_dump exit "*) "$real" "$@"; exit "${{misbehave#exit }}" ;;
    "pg_dump cut "*) "$real" "$@" | head -c "-${{misbehave#cut }}"; exit 0 ;;
    *) exec "$real" "$@" ;;
esac
"""


class ClientTools:
    """Wrappers around the tools in `real`, made in `folder`."""

    def __init__(self, folder: Path, real: Path, version: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name in ("pg_dump", "pg_dumpall", "pg_restore"):
            (folder / name).write_text(_SCRIPT.format(version=version, folder=real))
            (folder / name).chmod(0o755)

    def misbehave(self, how: str) -> None:
        """From now on pg_dump does its work and then ends with code N (`exit N`), or loses N bytes (`cut N`)."""
        (self.folder / "misbehave").write_text(how)

    def behave(self) -> None:
        """Be the real tools again."""
        (self.folder / "misbehave").unlink(missing_ok=True)
