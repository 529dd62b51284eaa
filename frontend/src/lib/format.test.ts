import { describe, expect, it } from "vitest";
import {
  formatAbsolute,
  formatBytes,
  formatCount,
  formatDateTime,
  formatDuration,
  formatLogTime,
  formatRate,
  formatRatio,
  formatRelative,
} from "./format";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1.00 KiB"],
    [1_288_490_188, "1.20 GiB"],
    [13_000_000, "12.4 MiB"],
    [200 * 1024 ** 4, "200 TiB"],
    [-2048, "−2.00 KiB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("shows a dash where nothing is known", () => {
    expect(formatBytes(null)).toBe("–");
    expect(formatBytes(Number.NaN)).toBe("–");
    expect(formatRate(0)).toBe("–");
    expect(formatRate(1024)).toBe("1.00 KiB/s");
  });
});

describe("formatDuration", () => {
  it.each([
    [200, "0.2 s"],
    [48_000, "48 s"],
    [135_000, "2 m 15 s"],
    [3_840_000, "1 h 04 m"],
    [266_400_000, "3 d 2 h"],
    [-5, "0.0 s"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("shows a dash where nothing is known", () => expect(formatDuration(undefined)).toBe("–"));
});

describe("formatRelative", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  it.each([
    ["2026-11-22T11:59:55Z", "just now"],
    ["2026-11-22T11:57:00Z", "3 minutes ago"],
    ["2026-11-21T10:00:00Z", "26 hours ago"],
    ["2026-11-19T12:00:00Z", "3 days ago"],
    ["2026-11-22T14:00:00Z", "in 2 hours"],
  ])("%s is %s", (time, text) => expect(formatRelative(time, now)).toBe(text));
});

it("writes times in the user's zone", () => {
  const time = new Date(2025, 10, 16, 2, 0, 5, 7);
  expect(formatAbsolute(time)).toMatch(/^16 November 2025, 02:00:05 \S+/);
  expect(formatDateTime(time)).toBe("16 Nov 2025, 02:00");
  expect(formatLogTime(time)).toBe("02:00:05.007");
});

it("counts and compares", () => {
  expect(formatCount(1_204_332)).toBe("1,204,332");
  expect(formatCount(null)).toBe("–");
  expect(formatRatio(2700, 1000)).toBe("2.7 ×");
  expect(formatRatio(null, 1)).toBe("–");
});
