import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import type { DatabaseView } from "@/client";
import { makeBackupDetail, makeDatabase, makeProgress } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";
import { nextStep } from "./steps";

const FRESH: Partial<DatabaseView> = { schedules: 0, lastGoodBackupAt: null, lastBackup: null };

it("goes on where what is set up ends", () => {
  expect(nextStep([], 0)).toBe("key");
  expect(nextStep([makeDatabase(FRESH)], 0)).toBe("storage");
  expect(nextStep([makeDatabase(FRESH)], 1)).toBe("schedule");
  expect(nextStep([makeDatabase({ ...FRESH, schedules: 1 })], 0)).toBe("backup");
  expect(nextStep([makeDatabase({ schedules: 0 })], 0)).toBe("schedule");
  expect(nextStep([makeDatabase()], 0)).toBe("done");
});

it("leads from the key over a database to the storage, by keyboard alone", async () => {
  const databases: DatabaseView[] = [];
  server.use(
    http.get("*/api/databases", () => page(databases)),
    http.get("*/api/s3-configs", () => ok([])),
  );
  const { user } = await renderApp("/first-steps");
  expect(await screen.findByRole("heading", { name: "Keep the key" })).toHaveFocus();
  expect(screen.getByRole("button", { name: "Continue" })).toBeDisabled();
  await user.tab();
  await user.keyboard(" ");
  await user.tab();
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("heading", { name: "Add your databases" })).toHaveFocus();
  expect(screen.getByRole("button", { name: "Continue" })).toBeDisabled();
  const added = record("post", "*/api/databases", () => {
    databases.push(makeDatabase(FRESH));
    return ok(databases[0]);
  });
  for (const [label, text] of Object.entries({
    Host: "db",
    Database: "shop",
    "Name on this page": "Shop",
    User: "me",
  }))
    await user.type(await screen.findByLabelText(label), text);
  await user.keyboard("{Enter}");
  await waitFor(() => expect(added[0]?.body).toMatchObject({ host: "db", username: "me" }));
  expect(await screen.findByRole("list", { name: "Databases" })).toHaveTextContent("shop");
  await user.click(screen.getByRole("button", { name: "Continue" }));
  expect(await screen.findByRole("list", { name: "Storage" })).toHaveTextContent("This machine");
  await user.click(screen.getByRole("button", { name: "Add S3 storage" }));
  expect(await screen.findByRole("region", { name: "Storage test" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await user.click(screen.getByRole("button", { name: "Back" }));
  expect(await screen.findByRole("heading", { name: "Add your databases" })).toBeInTheDocument();
});

it("gives the same plan to all databases that are chosen", async () => {
  const three = ["shop", "wiki", "crm"].map((name) => makeDatabase({ ...FRESH, id: name, name }));
  server.use(http.get("*/api/databases", () => page(three)));
  const sent = record("post", "*/api/schedules");
  const { user } = await renderApp("/first-steps?step=schedule");
  await user.click(await screen.findByRole("checkbox", { name: "wiki" }));
  const time = screen.getByLabelText("At");
  await user.clear(time);
  await user.type(time, "03:30");
  await user.click(screen.getByRole("button", { name: "Add 2 schedules" }));
  expect(await screen.findByRole("heading", { name: "Make a test backup" })).toBeInTheDocument();
  const plan = { type: "daily", cronExpression: "30 3 * * *", retentionPolicyId: "policy-1" };
  expect(sent.map(({ body }) => body)).toEqual([
    { ...plan, databaseId: "shop" },
    { ...plan, databaseId: "crm" },
  ]);
});

it("says why a plan was refused, and stays", async () => {
  server.use(http.get("*/api/databases", () => page([makeDatabase(FRESH)])));
  record("post", "*/api/schedules", () => refuse(409, "CONFLICT", "The key was never downloaded."));
  const { user } = await renderApp("/first-steps?step=schedule");
  await user.click(await screen.findByRole("radio", { name: /Every hour/ }));
  await user.click(screen.getByRole("button", { name: "Add the schedule" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("never downloaded");
});

it("watches the test backup to its end", async () => {
  let backup = makeBackupDetail({ status: "running", progress: makeProgress({ stage: "Dumping" }) });
  server.use(http.get("*/api/backups/:id", () => ok(backup)));
  const sent = record("post", "*/api/backups", () => ok(backup));
  const { user, queries } = await renderApp("/first-steps?step=backup");
  await user.click(await screen.findByRole("button", { name: "Back up now" }));
  expect(await screen.findByRole("region", { name: "Progress" })).toHaveTextContent("Dumping");
  expect(sent[0]?.body).toMatchObject({ databaseId: "db-1" });
  backup = makeBackupDetail({ status: "failed", errorMessage: "The disk is full." });
  await queries.invalidateQueries();
  expect(await screen.findByRole("alert")).toHaveTextContent("The disk is full.");
  backup = makeBackupDetail({ status: "completed" });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("shop is backed up")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Continue" }));
  const done = await screen.findByRole("region", { name: "You are set up" });
  expect(done).toHaveTextContent("1 database: 1 with a schedule, 1 with a good backup.");
  expect(within(done).getByRole("link", { name: "Go to the overview" })).toHaveAttribute("href", "/");
});
