import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadAgain } from "./load-again";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a part that comes at the third time is there", async () => {
  const load = vi.fn<() => Promise<string>>();
  load.mockRejectedValueOnce(new TypeError("changed")).mockRejectedValueOnce(new TypeError("changed"));
  load.mockResolvedValue("part");
  const loading = loadAgain(load);
  await vi.advanceTimersByTimeAsync(1250);
  await expect(loading).resolves.toBe("part");
  expect(load).toHaveBeenCalledTimes(3);
});

test("a part that comes at once is asked for once", async () => {
  const load = vi.fn(async () => "part");
  await expect(loadAgain(load)).resolves.toBe("part");
  expect(load).toHaveBeenCalledOnce();
});

test("a part that never comes is told of", async () => {
  const load = vi.fn(async () => {
    throw new TypeError("Failed to fetch dynamically imported module");
  });
  const told = expect(loadAgain(load)).rejects.toThrow("Failed to fetch");
  await vi.advanceTimersByTimeAsync(4250);
  await told;
  expect(load).toHaveBeenCalledTimes(4);
});
