"""Reads variables one by one and keeps every complaint about them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dbbackup.core.errors import FieldError
from dbbackup.core.secret import Secret


class Reader:
    """Reads variables and collects every complaint instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[FieldError] = []
        self.secret_files: list[Path] = []
        self.file: dict[str, str] = {}
        """Variables that the configuration file sets; weaker than the environment."""

    def text(self, name: str, default: str = "") -> str:
        """Return a variable without blanks around it: of the environment, of the file, or the default."""
        return self._environ.get(name, "").strip() or self.file.get(name, "") or default

    def secret(self, name: str) -> Secret:
        """Read NAME, or the file that NAME_FILE points to (Docker and Kubernetes secrets)."""
        direct, path = self._environ.get(name, ""), self.text(f"{name}_FILE")
        if direct and path:
            self.complain(name, f"Set either {name} or {name}_FILE, not both.")
        if not path:
            return Secret(direct)
        self.secret_files.append(Path(path))
        try:
            return Secret(Path(path).read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.complain(f"{name}_FILE", f"Cannot read {path}: {reason}.")
            return Secret("")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`; what is none is complained of."""
        raw = self.text(name, str(default))
        if not raw.isdecimal() or not low <= int(raw) <= high:
            self.complain(name, f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
            return default
        return int(raw)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the words that are allowed, whatever its case."""
        value = self.text(name, default).lower()
        if value not in allowed:
            self.complain(name, f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
            return default
        return value

    def path(self, name: str, default: str) -> Path:
        """Return an absolute path."""
        return Path(self.text(name, default)).absolute()

    def complain(self, name: str, message: str) -> None:
        """Keep what is wrong with a variable."""
        self.problems.append(FieldError(name, message))
