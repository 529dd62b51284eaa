"""The program's start: what runs for years does not load what reads the other commands' arguments and prints tables."""

from __future__ import annotations

import sys

from dbbackup import memory
from dbbackup.commands import serving
from dbbackup.core.errors import AppError

_LASTING = {"serve": serving.serve, "worker": serving.work}


def main() -> None:
    """Run the command; an expected error is a message and exit code 1, not a trace."""
    arguments = sys.argv[1:]
    lasting = _LASTING.get(arguments[0]) if len(arguments) == 1 else None
    if lasting is None:
        with memory.uncollected():
            from dbbackup import cli

        lasting = cli.app
    else:
        memory.leave_out(memory.OF_COMMANDS)
    try:
        lasting()
    except AppError as error:
        print(f"dbbackup: {error.message}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
