"""A manifest reads back as it was written, and nothing else passes for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from dbbackup.core.manifest import (
    FORMAT,
    SIGNED,
    UNSIGNED,
    VERSION,
    Manifest,
    PartFacts,
    SourceFacts,
    TableFacts,
    decode,
    encode,
    from_dict,
    sign,
    to_dict,
)
from dbbackup.core.signing import SigningKey

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def part(name: str = "database", file: str = "x.dump.gz") -> PartFacts:
    return PartFacts(
        name=name,
        format="pg_custom",
        file=file,
        size=10,
        sha256="a" * 64,
        plain_size=20,
        plain_sha256="b" * 64,
        tool="pg_dump 15.19",
    )


def manifest(*parts: PartFacts, label: str | None = None, properties: dict[str, Any] | None = None) -> Manifest:
    return Manifest(
        backup_id="b1",
        instance_id="abcd",
        run_id="efgh",
        type="manual",
        label=label,
        started_at=NOW,
        completed_at=NOW + timedelta(seconds=5),
        compression="gzip",
        compression_level=1,
        encryption=None,
        options={"schemaOnly": False},
        source=SourceFacts(
            config_id="c1",
            config_name="Shop",
            slug="shop",
            engine="postgresql",
            server_version="15.19",
            host="db",
            port=5432,
            database="shop",
            size=123,
            tables=[TableFacts(schema="public", name="t", rows=3, rows_exact=True, size=8192)],
            roles=["app"],
            extensions=["pg_trgm"],
            properties=properties or {},
        ),
        parts=list(parts) or [part()],
        product_version="0.1.0",
    )


def altered(**values: Any) -> bytes:
    return json.dumps({**json.loads(encode(manifest())), **values}).encode()


def without(field: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(encode(manifest())).items() if k != field}).encode()


json_values = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text())


@settings(max_examples=40, deadline=None)
@given(st.none() | st.text(), json_values)
def test_manifest_when_encoded_and_decoded_is_equal(label: str | None, properties: dict[str, Any]) -> None:
    made = manifest(label=label, properties=properties)
    assert decode(encode(made)) == made
    assert from_dict(to_dict(made)) == made
    assert from_dict(json.loads(encode(made))) == made


def test_manifest_when_encoded_is_readable_camel_case() -> None:
    text = encode(manifest()).decode()
    assert text.startswith(f'{{\n  "format": "{FORMAT}",\n  "version": {UNSIGNED},\n  "backupId": "b1"')
    assert text.endswith("}\n")
    assert '"plainSha256"' in text


def test_manifest_when_asked_for_parts_finds_them() -> None:
    made = manifest(part("globals", "x.globals.sql.gz"), part())
    assert made.main.file == "x.dump.gz"
    assert made.file_name == "x.dump.gz.json"
    assert made.part("globals") == made.parts[0]
    assert made.part("other") is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "truncated"),
        (b"\x1f\x8b\x08garbage", "malformed"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field `format`"),
        (b'{"format": "dbbackup-manifest"}', "missing required field `version`"),
        (b'{"format": "dbbackup-manifest", "version": 1}', "missing required field"),
        (encode(manifest())[:-10], "truncated"),
        (altered(format="other-tool"), "not a backup manifest .format 'other-tool'"),
        (altered(version=VERSION + 1), "newer than this program reads"),
        (b'{"format": "dbbackup-manifest", "version": 4, "shape": "unknown"}', "newer than this program reads"),
        (altered(parts=[]), "names no file with the database"),
        (altered(startedAt="yesterday"), "Invalid RFC3339"),
        (without("source"), "missing required field `source`"),
    ],
)
def test_decode_when_it_is_no_manifest_of_ours_raises_value_error(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decode(data)


@settings(deadline=None)
@given(st.binary())
def test_decode_when_fed_garbage_raises_nothing_but_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_sign_when_rows_lie_in_parts_of_their_own_then_an_older_program_refuses_by_the_version() -> None:
    whole, key = manifest(), SigningKey.generate()
    apart = structs.replace(part("data1", "x.data1.dump.gz"), tables=[("public", "a")])
    divided = structs.replace(whole, parts=[apart, *whole.parts])
    assert (sign(whole, key).version, sign(divided, key).version) == (SIGNED, VERSION)
    assert decode(encode(sign(divided, key))).data_parts == [apart]
    assert b'"tables"' not in json.dumps(to_dict(whole)["parts"]).encode()
