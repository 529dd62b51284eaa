import { expect, it } from "vitest";
import { makeBackup, makeDatabase, makeS3Config, makeS3Copy, makeStatus } from "@/test/fixtures";
import { findAttention } from "./attention";

const calm = {
  databases: [makeDatabase()],
  backups: [makeBackup()],
  s3Configs: [makeS3Config()],
  status: makeStatus(),
};
const keysOf = (change: Partial<typeof calm>) =>
  findAttention({ ...calm, ...change }).map((item) => item.key);

it("has nothing to say when all is well", () => expect(keysOf({})).toEqual([]));

it("names what is wrong with a database, the worst first", () => {
  const unprotected = makeDatabase({ id: "a", lastBackup: null, lastGoodBackupAt: null });
  const offline = makeDatabase({ id: "b", reachable: false });
  const lastBackup = { id: "x", status: "failed", completedAt: null, createdAt: "", size: null };
  const failed = makeDatabase({ id: "c", lastBackup, lastGoodBackupAt: null });
  expect(keysOf({ databases: [unprotected, offline, failed] })).toEqual([
    "offline-b",
    "failed-c",
    "unprotected-a",
  ]);
});

it("names containers whose databases nobody has added", () => {
  const status = makeStatus({ unprotected: [{ containerName: "blog-db", image: "mariadb:11" }] });
  const [item] = findAttention({ ...calm, status });
  expect(item?.title).toBe("blog-db is not backed up");
  expect(item?.link.to).toBe("/databases/discover");
});

it("tells of overdue databases, unless a good backup has come since the server looked", () => {
  const wait = { databaseName: "shop", limitSeconds: 172_800 };
  const status = makeStatus({
    overdue: [
      { ...wait, databaseId: "a", newestAt: "2026-11-20T02:00:00Z" },
      { ...wait, databaseId: "b", newestAt: "2026-11-20T02:00:00Z" },
      { ...wait, databaseId: "gone", newestAt: null },
    ],
  });
  const databases = [
    makeDatabase({ id: "a", lastGoodBackupAt: "2026-11-20T02:00:00Z" }),
    makeDatabase({ id: "b", lastGoodBackupAt: "2026-11-24T02:00:00Z" }),
  ];
  expect(keysOf({ databases, status })).toEqual(["overdue-a"]);
  expect(findAttention({ ...calm, databases, status })[0]?.text).toContain("at least every 2 d 0 h");
});

it("leads from what is not well to the place where one looks into it", () => {
  const placeOf = (name: string) =>
    findAttention({
      ...calm,
      status: makeStatus({
        health: { ok: false, checks: [{ name, ok: false, message: "", essential: true }] },
      }),
    })[0]?.link.to;
  expect(["disk", "s3:Offsite", "retention", "worker"].map(placeOf)).toEqual([
    "/s3-configs",
    "/s3-configs",
    "/retention-policies",
    "/logs",
  ]);
});

it("waits for a first backup that is under way, and leaves disabled databases alone", () => {
  const lastBackup = { id: "x", status: "running", completedAt: null, createdAt: "", size: null };
  const first = makeDatabase({ lastBackup, lastGoodBackupAt: null });
  expect(keysOf({ databases: [first, makeDatabase({ enabled: false, reachable: false })] })).toEqual([]);
});

it("tells of damage and of oddities nobody has seen yet", () => {
  const odd = { kind: "rows-fell", message: "Rows fell.", foundAt: "", acknowledgedAt: null };
  const backups = [
    makeBackup({ id: "a", anomalies: [odd, { ...odd, acknowledgedAt: "2026-11-22T12:00:00Z" }] }),
    makeBackup({ id: "b", damage: "Rows are missing." }),
    makeBackup({ id: "c", copies: [makeS3Copy({ state: "damaged", error: null })] }),
  ];
  expect(keysOf({ backups })).toEqual(["damage-b", "damage-c", "odd-a"]);
});

it("tells of a missing copy, of backups on one machine only, of a full disk and of a sick part", () => {
  const copy = makeS3Copy({ state: "failed", error: null });
  const status = makeStatus({
    localStorage: { path: "/", total: 100, free: 5 },
    health: { ok: false, checks: [{ name: "disk", ok: false, message: "Full.", essential: true }] },
  });
  const found = keysOf({ backups: [makeBackup({ copies: [copy] })], s3Configs: [], status });
  expect(found.sort()).toEqual(["copy-backup-1", "disk", "health-disk", "no-s3"]);
});
