"""Owns `make dev`: the API with reload and Vite's server together, on data below backend/.cache/dev."""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from litestar import Litestar

from dbbackup.main import create_app
from dbbackup.settings import load
from devtools.servers import client_dirs

_BACKEND = Path(__file__).resolve().parents[1]
_FRONTEND = _BACKEND.parent / "frontend"
_DATA = _BACKEND / ".cache" / "dev"


def app() -> Litestar:
    """Make the application from the environment; uvicorn calls this again after each change."""
    return create_app(load(os.environ))


def main() -> int:
    """Run both until one ends or Ctrl-C; return the exit code of the one that ended."""
    environment = {**_defaults(), **os.environ}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    api = [sys.executable, "-m", "uvicorn", "devtools.dev:app", "--factory", "--port", environment["API_PORT"]]
    api += ["--reload", "--reload-dir", "src", "--timeout-graceful-shutdown", "5", "--no-proxy-headers"]
    running = [
        subprocess.Popen(api, cwd=_BACKEND, env=environment),
        subprocess.Popen(["npm", "run", "dev"], cwd=_FRONTEND, env=environment),
    ]
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
        return next(code for process in running if (code := process.poll()) is not None)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave one of them behind
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()


def _defaults() -> dict[str, str]:
    _DATA.mkdir(parents=True, exist_ok=True)
    key = _DATA / "encryption.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(48))
    return {
        "API_PORT": "8000",
        "AUTH_MODE": "none",
        "ENCRYPTION_KEY_FILE": str(key),
        "BACKUP_STORAGE_PATH": str(_DATA / "backups"),
        "DATABASE_PATH": str(_DATA / "app.db"),
        "CLIENT_PATH": ":".join(str(directory) for directory in client_dirs()),
        # Vite's page speaks to the API through its proxy, but says where it comes from.
        "CORS_ORIGINS": "http://localhost:5173,http://127.0.0.1:5173",
    }


if __name__ == "__main__":
    sys.exit(main())
