import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { listDatabases } from "@/client";
import { page, refuse, server } from "@/test/server";
import { ask, askPage } from "./api";
import { ApiError, describeError, isWorthRetrying } from "./api-error";

const failure = () => ask(listDatabases()).catch((error: unknown) => error);

it("takes the answer out of its envelope", async () => {
  server.use(http.get("*/api/databases", () => page([{ id: "1" }], 120)));
  expect(await askPage(listDatabases())).toEqual({ items: [{ id: "1" }], page: 1, limit: 50, total: 120 });
});

it("turns a refusal into an error with its code, message and fields", async () => {
  server.use(
    http.get("*/api/databases", () =>
      refuse(409, "CONFLICT", "Taken.", [{ field: "name", message: "Taken." }]),
    ),
  );
  expect(await failure()).toMatchObject({ code: "CONFLICT", status: 409, details: [{ field: "name" }] });
});

it("says so when nobody answers, and when a proxy does", async () => {
  server.use(http.get("*/api/databases", () => HttpResponse.error()));
  expect(await failure()).toMatchObject({ code: "NETWORK" });
  server.use(http.get("*/api/databases", () => new HttpResponse("<html>", { status: 503 })));
  expect(await failure()).toMatchObject({ code: "UNEXPECTED", status: 503 });
});

it("asks again only where that may help", () => {
  expect(isWorthRetrying(new ApiError("NETWORK", "", 0))).toBe(true);
  expect(isWorthRetrying(new ApiError("UNEXPECTED", "", 503))).toBe(true);
  expect(isWorthRetrying(new ApiError("CONFLICT", "", 409))).toBe(false);
  expect(isWorthRetrying(new TypeError())).toBe(true);
  expect(describeError(new TypeError())).toMatch(/Reload/);
});
