"""How a tool is started so that it keeps to the limits of its run: by small programs that become it."""

from __future__ import annotations

import shutil

from dbbackup.core.errors import ToolMissingError
from dbbackup.core.run_limits import RunLimits

_MIB = 1 << 20
_IO_CLASSES = {"bestEffort": ("-c", "2", "-n", "7"), "idle": ("-c", "3")}


def limit_prefix(limits: RunLimits) -> tuple[str, ...]:
    """Return what stands before a tool's own arguments; each program sets one limit and becomes the next.

    None of it needs privileges. Raises ToolMissingError when one of the programs is not installed: a limit that is
    silently not kept would be worse than none.
    """
    prefix: list[str] = []
    if limits.memory:
        # Address space is all that an unprivileged process can bound; control groups need the host's leave.
        prefix += [_program("prlimit"), f"--as={limits.memory * _MIB}"]
    if limits.niceness:
        prefix += [_program("nice"), "-n", str(limits.niceness)]
    if limits.io_class != "normal":
        prefix += [_program("ionice"), *_IO_CLASSES[limits.io_class]]
    return tuple(prefix)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ToolMissingError(f"{name} is not installed: install it (util-linux, coreutils), or lift the limit.")
    return path
