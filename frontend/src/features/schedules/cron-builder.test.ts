import { describe, expect, it } from "vitest";
import { buildCron, changeType, parseCron } from "./cron-builder";

describe("the cron builder", () => {
  it.each([
    ["hourly", "15 * * * *"],
    ["daily", "30 2 * * *"],
    ["weekly", "0 3 * * 0,1,6"],
    ["monthly", "0 4 31 * *"],
    ["monthly", "0 4 L * *"],
  ] as const)("reads and writes %s %s", (type, expression) => {
    const parts = parseCron(type, expression);
    expect(parts && buildCron(type, parts)).toBe(expression);
  });

  it("takes Sunday as 0 and 7, and spaces as they come", () => {
    expect(parseCron("weekly", " 0  3 * * 7,1 ")?.days).toEqual(["mon", "sun"]);
  });

  it.each([
    ["daily", "*/5 * * * *"],
    ["daily", "75 2 * * *"],
    ["weekly", "0 3 * * 1-5"],
    ["monthly", "0 4 32 * *"],
    ["hourly", ""],
    ["custom", "0 2 * * *"],
  ] as const)("leaves what its controls cannot show to the text field: %s %s", (type, expression) => {
    expect(parseCron(type, expression)).toBeNull();
  });

  it("keeps the time when the type changes", () => {
    expect(changeType("daily", "weekly", "30 5 * * *")).toBe("30 5 * * 0");
    expect(changeType("weekly", "monthly", "30 5 * * 2")).toBe("30 5 1 * *");
    expect(changeType("hourly", "daily", "15 * * * *")).toBe("15 2 * * *");
    expect(changeType("custom", "daily", "*/5 * * * *")).toBe("0 2 * * *");
    expect(changeType("custom", "daily", "5 6 * * *")).toBe("5 6 * * *");
    expect(changeType("daily", "custom", "30 5 * * *")).toBe("30 5 * * *");
  });
});
