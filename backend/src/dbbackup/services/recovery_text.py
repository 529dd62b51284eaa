"""The words of the recovery kit: commands that restore exactly these backups, with standard tools alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dbbackup.core.manifest import Manifest

CHECK_MANIFEST = """#!/bin/sh
# Checks the signature of a manifest, then the files beside it: check-manifest.sh MANIFEST
# Needs python3, openssl 3 and sha256sum; signing-key.pem is the one of this kit.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
manifest=$1
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 - "$manifest" "$work" <<'END'
import base64, json, pathlib, sys
manifest = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
work = pathlib.Path(sys.argv[2])
signature = manifest.pop("signature")
text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
(work / "signed").write_bytes(text.encode())
(work / "signature").write_bytes(base64.b64decode(signature["value"]))
sums = "".join(f"{part['sha256']}  {part['file']}\\n" for part in manifest["parts"])
(work / "sums").write_text(sums, encoding="utf-8")
END
openssl pkeyutl -verify -pubin -inkey "$kit/signing-key.pem" -rawin -in "$work/signed" -sigfile "$work/signature"
cd "$(dirname "$manifest")"
sha256sum --check "$work/sums"
"""

_UNPACK = {"gzip": "gunzip", "zstd": "zstd --decompress --stdout", "none": "cat"}
_HEAD = """# Recovery kit of instance {instance}

Made {made}. With this folder, the files of a backup and standard tools you restore without the product that made them.

**Keep it like the key of a safe.** Whoever has `keys/` and the files of a backup can read the database.

| file | what it is |
|---|---|
| `keys/` | the private keys of age (`.txt`) and OpenPGP (`.asc`): {keys} |
| `signing-key.pem` | the public key that signs manifests; its fingerprint is `{fingerprint}` |
| `check-manifest.sh` | checks the signature of a manifest and the hashes of the files beside it |
| `index.json`, `manifests/` | the newest backups of each database, and where their files lie |

You need `python3`, `openssl` and `sha256sum` to check; `age` or `gpg` for encrypted backups; `gunzip` or `zstd`; and
the client tools of the database: those of the server's version, or newer.

The fingerprint by hand: `openssl pkey -pubin -in signing-key.pem -outform DER | sha256sum`
"""
_NOTHING = "\nThere was no complete backup when this kit was made.\n"
_BACKUP = """
## {name}, {made}

{engine} {version}, database `{database}`. The files:

{files}

They lie in:

{places}

Put them and the manifest into one folder, go there, and set `KIT` to the folder of this kit:

```sh
export KIT=/path/to/this/kit
cp "$KIT"/manifests/{slug}/{manifest} .
"$KIT"/check-manifest.sh {manifest}
```

It must say `Signature Verified Successfully`, and `OK` for each file. Then restore:

{restore}
"""


def how_to(instance: str, fingerprint: str, sections: Iterable[str], keys: Iterable[str], made: datetime) -> str:
    """Return the text of the kit, in Markdown; `sections` are those of its backups."""
    named = ", ".join(f"`{key}`" for key in keys) or "none are kept by this instance"
    head = _HEAD.format(instance=instance, made=_moment(made), keys=named, fingerprint=fingerprint)
    return head + ("".join(sections) or _NOTHING)


def section(manifest: Manifest, places: Iterable[dict[str, str]]) -> str:
    """Return how one backup is restored. `places`: `kind`, and `folder` or `bucket`, `endpoint` and `prefix`."""
    source = manifest.source
    return _BACKUP.format(
        name=source.config_name,
        made=_moment(manifest.started_at),
        engine=source.engine,
        version=source.server_version,
        database=source.database,
        files="\n".join(f"- `{file}`" for file in (manifest.file_name, *(part.file for part in manifest.parts))),
        places="\n".join(map(_where, places)),
        slug=source.slug,
        manifest=manifest.file_name,
        restore=_with_keyring(manifest, _postgresql(manifest) if source.engine == "postgresql" else _mysql(manifest)),
    )


def _with_keyring(manifest: Manifest, restore: str) -> str:
    """Put around it how gpg gets the keys: into a keyring of their own, so that nobody's own is changed."""
    if manifest.encryption != "openpgp":
        return restore
    begin = _block("export GNUPGHOME=$(mktemp -d)", 'gpg --batch --import "$KIT"/keys/*.asc')
    end = _block("gpgconf --kill gpg-agent", 'rm -r "$GNUPGHOME"')
    return f"The keys first, into a keyring of their own:\n\n{begin}\n\n{restore}\n\nAway with it:\n\n{end}"


def _where(place: dict[str, str]) -> str:
    if place["kind"] == "local":
        return f"- the disk of the machine that made it: `{place['folder']}`"
    endpoint = f" at {place['endpoint']}" if place["endpoint"] else ""
    return f"- the bucket `{place['bucket']}`{endpoint}, below `{place['prefix']}/`"


def _postgresql(manifest: Manifest) -> str:
    properties: dict[str, Any] = manifest.source.properties
    create = [
        "createdb --template=template0",
        f"--encoding={shlex.quote(properties['encoding'])}",
        f"--lc-collate={shlex.quote(properties['collate'])}",
        f"--lc-ctype={shlex.quote(properties['ctype'])}",
        *_provider(properties),
        "recovered",
    ]
    lines = []
    if roles := manifest.part("globals"):
        lines += [
            "The roles first, unless the server has them; look at what you run:",
            "",
            _block(
                f"{_stream(manifest, roles.file)} > roles.sql", "less roles.sql", "psql -X -d postgres -f roles.sql"
            ),
            "",
            "Then the database:",
            "",
        ]
    lines.append(_block(" ".join(create), *_archives(manifest)))
    lines += [
        "",
        "Owners or roles that are missing: add `--no-owner --no-privileges`. At last `vacuumdb -Z recovered`.",
    ]
    return "\n".join(lines)


def _archives(manifest: Manifest) -> list[str]:
    """Return the commands that fill the database; rows in parts of their own come before indexes and constraints."""
    restore, main = "pg_restore --exit-on-error --dbname=recovered", _stream(manifest, manifest.main.file)
    if not manifest.data_parts:
        return [f"{main} | {restore}"]
    rows = [f"{_stream(manifest, part.file)} | {restore} --section=data" for part in manifest.data_parts]
    # pg_restore stops reading when it has what it was asked for, and pipefail must not take that for a failure
    return [
        f"{main} | {restore} --section=pre-data --section=data",
        *rows,
        f"{main} > main.dump",
        f"{restore} --section=post-data --jobs=4 main.dump",
        "rm main.dump",
    ]


def _provider(properties: dict[str, Any]) -> list[str]:
    provider, locale = properties.get("localeProvider", "libc"), properties.get("locale") or ""
    if provider == "libc":
        return []
    return [f"--locale-provider={provider}", f"--{provider}-locale={shlex.quote(locale)}"]


def _mysql(manifest: Manifest) -> str:
    properties = manifest.source.properties
    client = "mariadb" if manifest.source.engine == "mariadb" else "mysql"
    create = f"CREATE DATABASE recovered CHARACTER SET {properties['characterSet']} COLLATE {properties['collation']}"
    run = f"{client} --binary-mode --default-character-set=utf8mb4 recovered"
    after = manifest.part("after")
    # of a dump in parts: definitions, rows, and what must not see rows arrive
    parts = [manifest.main, *manifest.data_parts, *([after] if after else [])]
    return _block(f'{client} -e "{create}"', *(f"{_stream(manifest, part.file)} | {run}" for part in parts))


def _stream(manifest: Manifest, file: str) -> str:
    """Return the commands that write the plain dump to stdout."""
    unpack = _UNPACK[manifest.compression]
    if manifest.encryption is None:
        return f"{unpack} < {file}"
    if manifest.encryption == "openpgp":
        return f"gpg --batch --decrypt {file} | {unpack}"
    return f'cat "$KIT"/keys/*.txt | age -d -i - {file} | {unpack}'


def _block(*commands: str) -> str:
    return "\n".join(("```sh", "set -o pipefail", *commands, "```"))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
