import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, test } from "vitest";
import { makeScale } from "@/components/charts/time-scale";
import {
  ago,
  makeBackup,
  makeCopy,
  makePolicy,
  makeRetentionPreview,
  makeSimulation,
  makeStatus,
} from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";
import { describeRules, reachDays } from "./summary";

const path = (rest = "") => `*/api/retention-policies${rest}`;

test("the list says in words what each policy keeps and who uses it", async () => {
  server.use(
    http.get(path(), () =>
      ok([
        makePolicy({ minKeep: 3 }),
        makePolicy({
          id: "p2",
          name: "Small",
          strategy: "hybrid",
          maxCount: 5,
          maxAgeDays: 30,
          schedules: 0,
          backups: 1,
        }),
        makePolicy({ id: "p3", name: "Room", strategy: "size", maxTotalSize: 1024 ** 3, schedules: 0 }),
      ]),
    ),
  );
  await renderApp("/retention-policies");
  const standard = await screen.findByRole("article", { name: "Standard" });
  expect(standard).toHaveTextContent(
    "The last backup of each of the last 24 hours, 7 days, 4 weeks and 12 months.",
  );
  expect(standard).toHaveTextContent("Always the newest 3.");
  expect(standard).toHaveTextContent("In use by 2 schedules");
  const small = screen.getByRole("article", { name: "Small" });
  expect(small).toHaveTextContent("The newest 5, and of these what is not older than 30 days.");
  expect(small).toHaveTextContent("In use by 1 backup of its own choice");
  expect(screen.getByRole("article", { name: "Room" })).toHaveTextContent("Not in use");
  expect(await screen.findByText(/Nothing stays longer than 365 days/)).toBeVisible();
});

test("without a policy the page says what that means, and a failure can be retried", async () => {
  server.use(http.get(path(), () => ok([])));
  await renderApp("/retention-policies");
  expect(await screen.findByText("No policy yet")).toBeVisible();
  server.use(http.get(path(), () => refuse(500, "INTERNAL_ERROR", "The catalogue is gone.")));
  const { user } = await renderApp("/retention-policies");
  expect(await screen.findByText("The catalogue is gone.")).toBeVisible();
  server.use(http.get(path(), () => ok([makePolicy()])));
  await user.click(screen.getByRole("button", { name: /again/i }));
  expect(await screen.findByRole("article", { name: "Standard" })).toBeVisible();
});

test("a policy in use is not deleted, and the dialog names its users", async () => {
  const { user } = await renderApp("/retention-policies");
  await user.click(await screen.findByRole("button", { name: "Delete Standard" }));
  const message = "Standard is in use by the schedule Nightly of shop. Give them another policy first.";
  server.use(http.delete(path("/:id"), () => refuse(409, "CONFLICT", message)));
  const dialog = await screen.findByRole("alertdialog");
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  expect(await within(dialog).findByText(message)).toBeVisible();
  server.use(http.delete(path("/:id"), () => ok({ id: "policy-1" })));
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("Standard is deleted")).toBeVisible();
});

test("cleaning up now tells what was deleted, and a clock that leapt must be confirmed", async () => {
  const result = { task: "cleanup", startedAt: ago(0), duration: 1, figures: {}, problems: [] };
  const done = () => ok({ ...result, message: "4 backups were deleted." });
  const calls = record("post", "*/api/system/maintenance", done);
  const check = { name: "clock", ok: false, essential: false, message: "The clock is 900 days ahead." };
  server.use(
    http.get("*/api/system/status", () => ok(makeStatus({ health: { ok: true, checks: [check] } }))),
  );
  const { user } = await renderApp("/retention-policies");
  await user.click(screen.getByRole("button", { name: "Clean up now" }));
  expect(await screen.findByText("4 backups were deleted.")).toBeVisible();
  expect(await screen.findByText("The clock is 900 days ahead.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "The time is right: go on" }));
  await waitFor(() =>
    expect(calls.map((call) => call.body)).toEqual([
      { task: "cleanup", acceptClock: false },
      { task: "cleanup", acceptClock: true },
    ]),
  );
});

test("the form shows at once what its numbers keep, on a timeline and in words", async () => {
  const asked = record("post", path("/preview"), () => ok(makeRetentionPreview()));
  const { user } = await renderApp("/retention-policies/new");
  const preview = screen.getByRole("region", { name: "Preview" });
  expect(await within(preview).findByText("2 backups")).toBeVisible();
  expect(preview).toHaveTextContent("Days begin at midnight in Europe/Berlin");
  expect(within(preview).getByText("1 backup beyond the limit of 365 days")).toBeVisible();
  const rows = within(preview).getByRole("list", { name: "Backups and what becomes of them" });
  expect(within(rows).getAllByText("Kept")).toHaveLength(2);
  expect(within(rows).getByText("Deleted")).toBeVisible();

  const timeline = within(preview).getByRole("listbox", { name: "Backups on a timeline" });
  const options = within(timeline).getAllByRole("option");
  expect(options[0]).toHaveAttribute("aria-selected", "true");
  timeline.focus();
  await user.keyboard("{Home}");
  expect(options[2]).toHaveAttribute("aria-selected", "true");
  expect(options[2]).toHaveAccessibleName(/^Deleted: .*older than 365 days/);
  await user.keyboard("{ArrowRight}{ArrowLeft}{End}a");
  expect(timeline).toHaveAttribute("aria-activedescendant", options[0]?.id);
  await user.hover(options[1] as HTMLElement);
  expect(options[1]).toHaveAttribute("aria-selected", "true");

  await user.clear(screen.getByLabelText("Days"));
  await user.type(screen.getByLabelText("Days"), "30");
  await waitFor(() =>
    expect(asked.at(-1)?.body).toMatchObject({ policy: { keepDaily: 30 }, policyId: null }),
  );
  await user.clear(screen.getByLabelText("Days"));
  expect(await screen.findByText(/Correct the numbers in the form/)).toBeVisible();
});

test("the form says what is missing, saves, and puts the API's refusal beside the field", async () => {
  const saves = record("post", path(), () => ok(makePolicy({ name: "Room" })));
  const { user } = await renderApp("/retention-policies/new");
  await user.click(screen.getByRole("radio", { name: "Several limits" }));
  await user.click(screen.getByRole("button", { name: "Add the policy" }));
  expect(await screen.findByText("Enter a name.")).toBeVisible();
  expect(screen.getByText("Give at least one limit.")).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "Age" }));
  expect(await screen.findByText("Say after how many days a backup may go.")).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "Size" }));
  await user.type(screen.getByLabelText("Name"), "Room");
  await user.type(screen.getByLabelText("Total size in GiB"), "1.5");
  server.use(
    http.post(path(), () =>
      refuse(409, "CONFLICT", "Taken.", [{ field: "name", message: "There is a policy Room already." }]),
    ),
  );
  await user.click(screen.getByRole("button", { name: "Add the policy" }));
  expect(await screen.findByText("There is a policy Room already.")).toBeVisible();
  server.use(
    http.post(path(), async ({ request }) => {
      saves.push({ body: await request.json(), query: new URLSearchParams() });
      return ok(makePolicy({ name: "Room" }));
    }),
  );
  await user.type(screen.getByLabelText("Name"), "y");
  await user.click(screen.getByRole("button", { name: "Add the policy" }));
  expect(await screen.findByText("Room is added")).toBeVisible();
  expect(saves[0]?.body).toMatchObject({
    name: "Roomy",
    strategy: "size",
    maxTotalSize: 1.5 * 1024 ** 3,
    maxAgeDays: null,
  });
});

test("a saved policy is edited, and the form says where the limit cuts it short", async () => {
  server.use(http.get(path("/:id"), () => ok(makePolicy({ keepMonthly: 24, maxTotalSize: 1024 ** 3 }))));
  const saves = record("put", path("/:id"), () => ok(makePolicy()));
  const { user } = await renderApp("/retention-policies/policy-1/edit");
  expect(await screen.findByText("Cut short after 365 days")).toBeVisible();
  await user.clear(screen.getByLabelText("Months"));
  await user.type(screen.getByLabelText("Months"), "6");
  expect(await screen.findByText(/Nothing is kept longer than 365 days here/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() => expect(saves[0]?.body).toMatchObject({ keepMonthly: 6, maxTotalSize: 1024 ** 3 }));
});

test("twelve months ahead are drawn for a schedule that is chosen there", async () => {
  const asked = record("post", path("/simulate"), () => ok(makeSimulation()));
  const { user } = await renderApp("/retention-policies/new");
  await user.click(screen.getByRole("radio", { name: "Twelve months ahead" }));
  expect(await screen.findByRole("img", { name: /at most 44, 44 in the end/ })).toBeVisible();
  expect(screen.getByRole("listbox", { name: /in twelve months/ })).toBeVisible();
  await user.selectOptions(screen.getByLabelText("A backup is made"), "0 2 * * *");
  await waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ cronExpression: "0 2 * * *", months: 12 }));
  server.use(
    http.post(path("/simulate"), () => refuse(400, "VALIDATION_ERROR", "often: five fields are needed.")),
  );
  await user.selectOptions(screen.getByLabelText("A backup is made"), "custom");
  await user.type(screen.getByLabelText("Cron expression"), "{Control>}a{/Control}often");
  expect(await screen.findByText("often: five fields are needed.")).toBeVisible();
});

test("a preview that fails, and a product without databases or backups, say so", async () => {
  server.use(http.post(path("/preview"), () => refuse(404, "NOT_FOUND", "There is no database db-1.")));
  await renderApp("/retention-policies/new");
  expect(await screen.findByText("There is no database db-1.")).toBeVisible();
});

test("a preview of nothing points ahead", async () => {
  const nothing = makeRetentionPreview({ backups: [], kept: 0, deleted: 0, cutByCeiling: 0 });
  server.use(http.post(path("/preview"), () => ok(nothing)));
  await renderApp("/retention-policies/new");
  expect(await screen.findByText(/no good backup yet/)).toBeVisible();
  server.use(http.get("*/api/databases", () => page([])));
  await renderApp("/retention-policies/new");
  expect(await screen.findByText(/There is no database yet/)).toBeVisible();
});

test("many backups are listed a dozen first, then all", async () => {
  const [first] = makeRetentionPreview().backups;
  const many = Array.from({ length: 30 }, (_, n) => ({ ...first, id: `b${n}`, at: ago(n * 60) }));
  server.use(http.post(path("/preview"), () => ok(makeRetentionPreview({ backups: many as never }))));
  const { user } = await renderApp("/retention-policies/new");
  const rows = await screen.findByRole("list", { name: "Backups and what becomes of them" });
  expect(within(rows).getAllByText("Kept")).toHaveLength(12);
  await user.click(screen.getByRole("button", { name: "Show all 30" }));
  expect(within(rows).getAllByText("Kept")).toHaveLength(30);
});

test("deleted backups whose files could not be deleted are shown with the storage's reason", async () => {
  const copy = makeCopy({ state: "deleting", error: "The key may not delete there." });
  const stuck = Array.from({ length: 7 }, (_, n) =>
    makeBackup({ id: `old-${n}`, fileName: "old.dump.gz", deletedAt: ago(5), copies: [copy] }),
  );
  server.use(
    http.get("*/api/backups", ({ request }) =>
      new URL(request.url).searchParams.get("undeleted") ? page(stuck) : page([makeBackup()]),
    ),
  );
  await renderApp("/backups");
  expect(await screen.findByText(/7 deleted backups still take room/)).toBeVisible();
  expect(screen.getAllByText(/The key may not delete there/)).toHaveLength(5);
  expect(screen.getByText("And 2 more.")).toBeVisible();
});

test("rules in words and in days", () => {
  expect(describeRules(makePolicy({ keepHourly: 0, keepDaily: 1, keepWeekly: 0, keepMonthly: 0 }))).toBe(
    "The last backup of each of the last 1 day.",
  );
  expect(reachDays(makePolicy({ strategy: "age", maxAgeDays: 40 }))).toBe(40);
  expect(reachDays(makePolicy({ strategy: "size" }))).toBe(0);
  const scale = makeScale("2026-11-25T00:00:00Z", ["2026-11-24T00:00:00Z", "2026-01-01T00:00:00Z"]);
  expect(scale.place("2026-11-25T00:00:00Z")).toBe(1);
  expect(scale.place("2026-01-01T00:00:00Z")).toBeGreaterThan(0);
  expect(scale.ticks.map((tick) => tick.label)).toEqual(["now", "1 h", "1 day", "1 week", "1 month"]);
});
