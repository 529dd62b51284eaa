"""What commands print: tables and progress for people, JSON for scripts."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn
from rich.table import Table

from dbbackup.commands.client import Api
from dbbackup.core.errors import ValidationError
from dbbackup.core.sizes import human_size

ENDED = ("completed", "failed", "cancelled")
_POLL_SECONDS = 0.5


def print_json(data: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print rows under their columns; as wide as they need when it goes to a file."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 400)
    console.print(table)


def when(moment: str | None) -> str:
    """Return a moment of the API in local time, `-` for none."""
    if moment is None:
        return "-"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(count: int | None) -> str:
    """Return bytes for people, `-` for none."""
    return "-" if count is None else human_size(count)


def seconds(duration: float | None) -> str:
    """Return a duration for people, `-` for none."""
    return "-" if duration is None else f"{duration:.1f} s"


def confirm(question: str, *, yes: bool) -> None:
    """Ask whether to go on, unless that was said already. Raises ValidationError when it is not confirmed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ValidationError.of("yes", "This must be confirmed: add --yes. Nothing was started.")
    if input(f"{question} Type yes: ").strip() != "yes":
        raise ValidationError.of("yes", "Not confirmed: nothing was started.")


def follow(api: Api, path: str, run: dict[str, Any], words: str, counter: str) -> dict[str, Any]:
    """Wait for the end of a run, with a bar where somebody looks; return the run as it ended.

    `counter` is the progress field that `bytesTotal` is the end of.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task(words, total=None)
        while run["status"] not in ENDED:
            time.sleep(_POLL_SECONDS)
            run = api.call("GET", f"{path}/{run['id']}")
            if progress := run.get("progress"):
                bar.update(task, completed=progress[counter], total=progress["bytesTotal"] or None)
    return run
