"""Owns the unprivileged account that servers refusing root run as, and the directories it can reach."""

import atexit
import functools
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PREFERRED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine; `uid` and `gid` are numeric."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account to drop to when we are root, or None when we may stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in _PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise RuntimeError(f"running as root, and none of the users {', '.join(_PREFERRED)} exists")


def blocked_at(path: Path, account: Account | None) -> Path | None:
    """Return the first existing directory on the way to `path` that `account` may not enter, or None."""
    if account is None:
        return None
    for step in [*reversed(path.absolute().parents), path.absolute()]:
        if step.is_dir() and not _may_enter(step.stat(), account):
            return step
    return None


def temporary_directory(prefix: str, account: Account | None) -> Path:
    """Make a private directory that `account` owns and can reach (TMPDIR may lie in root's home)."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if parent.is_dir() and blocked_at(parent, account) is None:
            made = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            give(made, account)
            return made
    raise RuntimeError("no temporary directory that an unprivileged user can reach")


def give(path: Path, account: Account | None) -> None:
    """Make `account` the owner of this one file or directory."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


@functools.cache
def reachable_copy(source: Path, account: Account | None) -> Path:
    """Return `source`, or a copy of the directory that `account` can reach (a clone below /root)."""
    if blocked_at(source, account) is None:
        return source
    parent = temporary_directory("dbbackup-binaries-", account)
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    shutil.copytree(source, parent / source.name, symlinks=True)
    return parent / source.name


def _may_enter(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
