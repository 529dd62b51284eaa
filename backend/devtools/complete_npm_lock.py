"""Owns the repair of a package-lock.json that was written against a partial npm registry.

npm leaves an optional package (esbuild, biome, tailwind for another platform) out of the lock file when the
registry does not answer for it, and `npm ci` then refuses the file everywhere. The parent names the exact
version, so the entry can be written without the registry; npm fetches it only on the platform it is for.

    python -m devtools.complete_npm_lock ../frontend/package-lock.json
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

_SYSTEMS = ("android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32")
_PROCESSORS = ("arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64", "wasm32")


def complete(lock: dict[str, Any]) -> list[str]:
    """Add the missing optional packages to the lock in place; return their names."""
    packages = lock["packages"]
    present = {path.rpartition("node_modules/")[2] for path in packages}
    added: dict[str, dict[str, Any]] = {}
    for parent in packages.values():
        for name, version in parent.get("optionalDependencies", {}).items():
            # Only an exact version can be written down without asking the registry.
            if name not in present and re.fullmatch(r"\d+\.\d+\.\d+[\w.+-]*", version):
                added[f"node_modules/{name}"] = _entry(name, version, is_dev=parent.get("dev", False))
    lock["packages"] = dict(sorted({**packages, **added}.items()))
    return [path.removeprefix("node_modules/") for path in added]


def main(arguments: list[str]) -> int:
    """Complete the file named on the command line and say what was added."""
    path = Path(arguments[0])
    lock = json.loads(path.read_text())
    added = complete(lock)
    if added:
        path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
    print(f"{path}: added {', '.join(added) or 'nothing'}")
    return 0


def _entry(name: str, version: str, *, is_dev: bool) -> dict[str, Any]:
    words = re.split(r"[-/]", name.lower())
    entry: dict[str, Any] = {"version": version, "optional": True}
    if is_dev:
        entry["dev"] = True
    processors = [word for word in _PROCESSORS if word in words]
    systems = [word for word in _SYSTEMS if word in words]
    if processors:
        entry["cpu"] = processors
    if systems:
        entry["os"] = systems
    if "musl" in words:
        entry["libc"] = ["musl"]
    return entry


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
