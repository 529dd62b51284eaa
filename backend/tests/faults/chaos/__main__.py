"""Runs random faults and prints the score; the exit code is 1 when one broke an invariant."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.chaos.driver import run
from tests.faults.chaos.faults import CORRUPTIONS, DISK_FAULTS, FAULTS
from tests.faults.chaos.operations import OPERATIONS
from tests.faults.chaos.product import SABOTAGE
from tests.faults.chaos.world import started

_HOME = "CHAOS_HOME"
_MOUNT = """
for volume in backups db; do mkdir -p "$1/$volume" && mount -t tmpfs -o "size=$2,mode=700" none "$1/$volume"; done
shift 2 && exec "$@"
"""
_VOLUME = "160m"


def main() -> int:
    """Parse the arguments, move into a mount namespace where that is allowed, and run."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="repeats the same choices; timing still differs")
    parser.add_argument("--patience", type=float, default=45.0, help="seconds for everything to be in order again")
    parser.add_argument("--only", choices=[*FAULTS, *DISK_FAULTS, *CORRUPTIONS], help="try this kind alone")
    names = [operation.__name__ for operation in OPERATIONS]
    parser.add_argument("--operation", choices=names, help="let faults strike this operation alone")
    parser.add_argument("--sabotage", action="store_true", help="leave out the cleaning up: invariants must break")
    arguments = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    if _HOME in os.environ:
        return _run(Path(os.environ[_HOME]), seed, arguments)
    home = Path(tempfile.mkdtemp(prefix="dbbackup-chaos-"))
    try:
        prefix = _namespace(home)
        if prefix is None:
            print("Volumes of its own are not allowed here: no disk is filled.", flush=True)
            return _run(home, seed, arguments)
        again = [sys.executable, "-m", "tests.faults.chaos", *sys.argv[1:]]
        environment = {**os.environ, _HOME: str(home)}
        return subprocess.run([*prefix, *again], env=environment, check=False).returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(home: Path, seed: int, arguments: argparse.Namespace) -> int:
    print(f"{arguments.faults} random faults, seed {seed}", flush=True)
    # Only volumes of its own are ever filled.
    disks = all((home / volume).is_mount() for volume in ("backups", "db"))
    extra = {"STOP_GRACE_SECONDS": "0", **({SABOTAGE: "1"} if arguments.sabotage else {})}
    began = time.monotonic()
    with started(home, seed, extra) as world:
        score = run(
            world,
            arguments.faults,
            disks=disks,
            patience=arguments.patience,
            only=arguments.only,
            operation=arguments.operation,
            say=lambda line: print(line, flush=True),
        )
        if score.breaks:
            print("\n".join(["The product's log ends with:", *world.product.log.splitlines()[-40:]]))
    print(f"\n{score.table()}\nseed {seed}, {time.monotonic() - began:.0f} s")
    return 1 if score.breaks else 0


def _namespace(home: Path) -> list[str] | None:
    """Return what runs a command with two small volumes of its own in `home`; None where that is not allowed."""
    for users in ([], ["--user", "--map-root-user"]):
        prefix = ["unshare", *users, "--mount", "--propagation", "private", "sh", "-ec", _MOUNT, "sh", str(home)]
        prefix.append(_VOLUME)
        if (
            shutil.which("unshare")
            and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
        ):
            return prefix
    return None


if __name__ == "__main__":
    sys.exit(main())
