"""Tests of engines.dump_facts: what a dump tells of itself."""

from __future__ import annotations

from typing import Any

import pytest

from dbbackup.core.content import Content
from dbbackup.core.errors import RestoreError
from dbbackup.engines import dump_facts
from dbbackup.engines.dump_facts import DumpFacts, scan_for
from tests.unit.engines.archives import Made, archive

MYSQL = b"""-- MySQL dump 10.13  Distrib 8.4.3, for Linux (x86_64)
--
-- Host: localhost    Database: my shop
-- ------------------------------------------------------
-- Server version\t8.4.3

/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `a`;
CREATE TABLE `a` (`x` int) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `a` VALUES (1);
CREATE TABLE `v` (`x` tinyint NOT NULL) ENGINE=MyISAM;
/*!50003 CREATE*/ /*!50017 DEFINER=`ro``ot`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1 */;
ALTER DATABASE `my shop` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`me`@`h` SQL SECURITY DEFINER */
/*!50001 VIEW `v` AS SELECT 1 */;
-- Dump completed on 2026-11-26
"""
PLAIN = b"""--
-- PostgreSQL database dump
--
-- Dumped from database version 15.2 (Debian)
-- Dumped by pg_dump version 16.1
SELECT 1;
--
-- PostgreSQL database dump complete
--
"""


def facts(data: bytes, content: Content = Content.TEXT) -> DumpFacts:
    scan = scan_for(content, data)
    assert [*scan.update(data), *scan.finish()] == []
    return scan.facts()


def test_facts_when_it_is_an_archive_then_owners_grants_and_encoding_are_known() -> None:
    data = archive(
        Made(1, "ENCODING", "ENCODING", "", definition="SET client_encoding = 'LATIN1';"),
        Made(2, "TABLE", "a"),
        Made(3, "ACL", "TABLE a", needs=(2,), definition='GRANT ALL ON TABLE a TO reader; GRANT ALL TO PUBLIC'),
        Made(4, "BLOBS", "BLOBS", ""),
        Made(5, "SCHEMA", "public", "", definition="CREATE SCHEMA public;"),
        Made(6, "EXTENSION", "hstore", "", owner=""),
    )  # fmt: skip
    found = facts(data, Content.PG_CUSTOM)
    assert (found.engine, found.server_version, found.tool, found.database) == (
        "postgresql",
        "15.2",
        "pg_dump 15.3",
        "shop",
    )
    assert (found.tables, found.roles, found.extensions) == ([("public", "a")], ["app"], ["hstore ?"])
    assert found.properties == {
        "encoding": "LATIN1",
        "roleUses": {"owners": ["app"], "grantees": ["reader"], "others": []},
        "largeObjects": True,
        "publicSchema": False,
    }
    plain = facts(archive(Made(1, "ENCODING", "ENCODING", "", definition="odd")), Content.PG_CUSTOM).properties
    assert (plain["encoding"], plain["publicSchema"], plain["largeObjects"]) == ("UTF8", True, False)


def test_facts_when_it_is_a_mysql_dump_then_its_objects_are_known() -> None:
    found = facts(MYSQL)
    assert (found.engine, found.server_version, found.database) == ("mysql", "8.4.3", "my shop")
    assert found.tool == "MySQL dump 10.13  Distrib 8.4.3"
    assert found.tables == [("my shop", "a")]
    assert found.roles == ["me@h", "ro`ot@%"]
    told = {key: found.properties[key] for key in ("views", "triggers", "engines", "collations", "routines")}
    assert told == {
        "views": ["v"], "triggers": 1, "engines": ["InnoDB", "MyISAM"], "collations": ["utf8mb4_bin"], "routines": 0,
    }  # fmt: skip


def test_facts_when_it_is_of_mariadb_then_it_is_known_by_either_word() -> None:
    head = b"-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian\n-- Dump completed\n"
    assert facts(head).engine == "mariadb"
    old = b"-- MySQL dump 10.17  Distrib 10.3.1, for x\n-- Server version\t10.3.1-MariaDB\n-- Dump completed\n"
    assert (facts(old).engine, facts(old).server_version) == ("mariadb", "10.3.1-MariaDB")


def test_facts_when_it_is_plain_sql_then_the_head_tells() -> None:
    found = facts(PLAIN)
    assert (found.format, found.engine, found.server_version, found.tool) == (
        "sql",
        "postgresql",
        "15.2",
        "pg_dump 16.1",
    )
    bare = facts(b"-- PostgreSQL database dump\n\n-- PostgreSQL database dump complete\n")
    assert (bare.server_version, bare.tool) == ("", "pg_dump")
    script = facts(b"SELECT 1;")
    assert (script.format, script.engine) == ("script", None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"-- PostgreSQL database cluster dump\n", "pg_dumpall"),
        (PLAIN[:-40], "last line"),
        (MYSQL[:-20], "cut off"),
        (MYSQL.replace(b"/*!40101 SET NAMES utf8mb4 */", b"USE `other`"), "not of one database"),
        (b"SELECT 1;\0", "neither a dump nor SQL"),
    ],
)
def test_scan_when_it_cannot_be_restored_then_it_says_why(data: bytes, words: str) -> None:
    with pytest.raises(RestoreError, match=words):
        facts(data)


def test_scan_when_there_are_too_many_objects_then_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump_facts, "_MAX_TABLES", 1)
    more: Any = MYSQL.replace(b"CREATE TABLE `v`", b"CREATE TABLE `w`")
    with pytest.raises(RestoreError, match="more than 1 objects"):
        facts(more)
