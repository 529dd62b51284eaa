import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import {
  ago,
  inMinutes,
  makeBackup,
  makeBackupDetail,
  makeDatabase,
  makeKey,
  makePolicy,
  makePreview,
  makeS3Config,
  makeSchedule,
} from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

const use = (...schedules: ReturnType<typeof makeSchedule>[]) =>
  server.use(http.get("*/api/schedules", () => page(schedules)));

describe("the list", () => {
  it("shows what runs when, and how it went", async () => {
    use(
      makeSchedule({ nextRunAt: inMinutes(135) }),
      makeSchedule({ id: "s2", name: "", enabled: false, nextRunAt: null, lastRun: null }),
      makeSchedule({ id: "s3", name: "Resting", databaseEnabled: false }),
      makeSchedule({
        id: "s4",
        name: "Late",
        missedSlot: ago(30),
        missedCount: 3,
        missedReason: "The program was not running then.",
      }),
      makeSchedule({ id: "s5", name: "Recovered", missedSlot: ago(5000), missedCount: 2 }),
    );
    await renderApp("/schedules");
    const rows = within(await screen.findByRole("list", { name: "Schedules" })).getAllByRole("listitem");
    expect(rows[0]).toHaveTextContent("Nightlyshop · At 02:30, every day, Europe/Berlin");
    expect(rows[0]).toHaveTextContent(/in 2 h 1\d m/);
    expect(rows[0]).toHaveTextContent("Completed");
    expect(rows[1]).toHaveTextContent("Switched off");
    expect(rows[1]).toHaveTextContent("None yet");
    expect(rows[2]).toHaveTextContent("The database is disabled");
    expect(rows[3]).toHaveTextContent("3 runs missedThe program was not running then.");
    expect(rows[4]).not.toHaveTextContent("missed");
  });

  it("is filtered and sorted in the address", async () => {
    use(
      makeSchedule({ name: "Late", nextRunAt: inMinutes(200) }),
      makeSchedule({ id: "s2", name: "Soon", nextRunAt: inMinutes(20) }),
      makeSchedule({ id: "s3", name: "Off", enabled: false, nextRunAt: null }),
      makeSchedule({ id: "s4", name: "Elsewhere", databaseId: "db-2" }),
    );
    const { user, router } = await renderApp("/schedules?databaseId=db-1&sort=nextRunAt");
    const names = () =>
      within(screen.getByRole("list", { name: "Schedules" }))
        .getAllByRole("switch")
        .map((one) => one.getAttribute("aria-label"));
    await screen.findByRole("list", { name: "Schedules" });
    expect(names()).toEqual(["Soon of shop", "Late of shop", "Off of shop"]);
    await user.selectOptions(screen.getByLabelText("State"), "Switched off");
    await waitFor(() => expect(names()).toEqual(["Off of shop"]));
    expect(router.state.location.search).toEqual({ databaseId: "db-1", sort: "nextRunAt", state: "off" });
    await user.selectOptions(screen.getByLabelText("State"), "Last run failed");
    await user.click(await screen.findByRole("button", { name: "Clear the filters" }));
    await waitFor(() => expect(names()).toHaveLength(4));
  });

  it("switches at once, and back when the server refuses", async () => {
    let answer: (value: Response) => void = () => undefined;
    server.use(
      http.post(
        "*/api/schedules/:id/disable",
        () => new Promise<Response>((done) => (answer = done)) as Promise<never>,
      ),
    );
    const { user } = await renderApp("/schedules");
    const toggle = await screen.findByRole("switch", { name: "Nightly of shop" });
    expect(toggle).toBeChecked();
    await user.click(toggle);
    await waitFor(() => expect(toggle).not.toBeChecked());
    answer(refuse(409, "CONFLICT", "Not now."));
    expect(await screen.findByText("The schedule could not be switched off")).toBeVisible();
    expect(await screen.findByText("Not now.")).toBeVisible();
    await waitFor(() => expect(toggle).toBeChecked());
  });

  it("enables what is off", async () => {
    use(makeSchedule({ enabled: false, nextRunAt: null }));
    const calls = record("post", "*/api/schedules/schedule-1/enable", () => ok(makeSchedule()));
    const { user } = await renderApp("/schedules");
    await user.click(await screen.findByRole("switch", { name: "Nightly of shop" }));
    await waitFor(() => expect(calls).toHaveLength(1));
  });

  it("runs one now and goes to its backup", async () => {
    const calls = record("post", "*/api/schedules/schedule-1/run", () => ok(makeBackupDetail()));
    const { user, router } = await renderApp("/schedules");
    await user.click(await screen.findByRole("button", { name: "More for Nightly of shop" }));
    await user.click(await screen.findByRole("menuitem", { name: "Run now" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/backups/backup-1"));
    expect(calls).toHaveLength(1);
  });

  it("says why a run did not start", async () => {
    server.use(http.post("*/api/schedules/:id/run", () => refuse(409, "CONFLICT", "shop is disabled.")));
    const { user } = await renderApp("/schedules");
    await user.click(await screen.findByRole("button", { name: "More for Nightly of shop" }));
    await user.click(await screen.findByRole("menuitem", { name: "Run now" }));
    expect(await screen.findByText("shop is disabled.")).toBeVisible();
  });

  it("deletes after asking", async () => {
    const calls = record("delete", "*/api/schedules/schedule-1", () => ok({ id: "schedule-1" }));
    const { user } = await renderApp("/schedules");
    await user.click(await screen.findByRole("button", { name: "More for Nightly of shop" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog).toHaveTextContent("The backups it has made stay.");
    await user.click(within(dialog).getByRole("button", { name: "Delete the schedule" }));
    expect(await screen.findByText("The schedule is deleted")).toBeVisible();
    expect(calls).toHaveLength(1);
  });

  it("says what to do when there is none, and what went wrong", async () => {
    use();
    await renderApp("/schedules");
    expect(await screen.findByText("No schedule yet")).toBeVisible();
    server.use(http.get("*/api/schedules", () => refuse(500, "INTERNAL_ERROR", "A fault.")));
    await renderApp("/schedules?databaseId=db-1");
    expect(await screen.findByText("The schedules could not be loaded")).toBeVisible();
  });
});

describe("the form", () => {
  it("adds a daily schedule with little", async () => {
    const calls = record("post", "*/api/schedules", () => ok(makeSchedule()));
    const { user, router } = await renderApp("/schedules/new");
    const time = await screen.findByLabelText("At");
    // Half typed there is no time, and nothing changes.
    fireEvent.change(time, { target: { value: "" } });
    fireEvent.change(time, { target: { value: "03:15" } });
    fireEvent.blur(time);
    expect(time).toHaveValue("03:15");
    expect(await screen.findByText("At 02:30, every day")).toBeVisible();
    expect(screen.getByText("Fri 27 Nov, 02:30")).toBeVisible();
    expect(screen.getByLabelText("Keep them by")).toHaveDisplayValue("No policy: they are kept");
    await user.click(screen.getByRole("button", { name: "Add the schedule" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/schedules"));
    expect(calls[0]?.body).toMatchObject({
      databaseId: "db-1",
      type: "daily",
      cronExpression: "15 3 * * *",
      timezone: "UTC",
      local: true,
      uploadToS3: true,
      s3ConfigIds: null,
      encryption: null,
      retentionPolicyId: null,
      verifyEvery: null,
      catchUp: true,
    });
  });

  it("builds expressions for each type", async () => {
    const asked = record("post", "*/api/schedules/preview", () => ok(makePreview()));
    const { user } = await renderApp("/schedules/new");
    await user.click(await screen.findByRole("radio", { name: "Weekly" }));
    await user.click(screen.getByRole("button", { name: "Wednesday" }));
    await user.click(screen.getByRole("button", { name: "Sunday" }));
    // The last one stays.
    await user.click(screen.getByRole("button", { name: "Wednesday" }));
    await waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ cronExpression: "0 2 * * 3" }));
    await user.click(screen.getByRole("radio", { name: "Monthly" }));
    await user.selectOptions(screen.getByLabelText("On day"), "the last one");
    await waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ cronExpression: "0 2 L * *" }));
    await user.click(screen.getByRole("radio", { name: "Hourly" }));
    await user.clear(screen.getByLabelText("Minutes past the hour"));
    await user.type(screen.getByLabelText("Minutes past the hour"), "45");
    await waitFor(() => expect(asked.at(-1)?.body).toMatchObject({ cronExpression: "45 * * * *" }));
  });

  it("shows what is wrong with an expression beside it, and what one might not expect", async () => {
    server.use(
      http.post("*/api/schedules/preview", async ({ request }) => {
        const { cronExpression } = (await request.json()) as { cronExpression: string };
        const message = "Field 2 (hour), position 3: '25' is not a number from 0 to 23.";
        return cronExpression.includes("25")
          ? refuse(400, "VALIDATION_ERROR", message, [{ field: "cronExpression", message }])
          : ok(
              makePreview({
                warnings: ["The clock skips 02:30 on 28 March 2027: it runs at 03:30 that day."],
              }),
            );
      }),
    );
    const { user } = await renderApp("/schedules/new");
    await user.click(await screen.findByRole("radio", { name: "Custom" }));
    expect(await screen.findByText(/The clock skips 02:30/)).toBeVisible();
    const field = screen.getByLabelText("Cron expression");
    await user.clear(field);
    await user.type(field, "0 25 * * *");
    await waitFor(() => expect(field).toBeInvalid());
    expect(screen.getAllByText(/Field 2 \(hour\), position 3/)).toHaveLength(2);
  });

  it("keeps what it cannot show, and offers policies where there are some", async () => {
    const saved = makeSchedule({
      type: "daily",
      cronExpression: "*/5 1 * * *",
      s3ConfigIds: ["s3-1"],
      encryption: "age",
      compressionLevel: 7,
      options: { excludeTables: ["public.cache"], jobs: 2 },
      blackout: [{ days: ["fri"], start: "12:00", end: "13:00", timezone: "Asia/Tokyo" }],
      verifyEvery: 5,
      retentionPolicyId: "policy-1",
    });
    server.use(
      http.get("*/api/schedules/:id", () => ok(saved)),
      http.get("*/api/encryption-keys", () => ok([makeKey()])),
      http.get("*/api/retention-policies", () =>
        ok([
          makePolicy({ id: "policy-1", name: "Standard", description: "24 h, 7 d" }),
          makePolicy({ id: "policy-2", name: "Short" }),
        ]),
      ),
    );
    const calls = record("put", "*/api/schedules/schedule-1", () => ok(saved));
    const { user } = await renderApp("/schedules/schedule-1/edit");
    expect(await screen.findByLabelText("Cron expression")).toHaveValue("*/5 1 * * *");
    expect(screen.getByText("24 h, 7 d")).toBeVisible();
    await user.selectOptions(screen.getByLabelText("Keep them by"), "Short");
    await user.click(screen.getByRole("button", { name: "Save the changes" }));
    await waitFor(() => expect(calls).toHaveLength(1));
    const body = calls[0]?.body as Record<string, unknown>;
    expect(body).toMatchObject({
      cronExpression: "*/5 1 * * *",
      s3ConfigIds: ["s3-1"],
      encryption: "age",
      compressionLevel: 7,
      options: { excludeTables: ["public.cache"], jobs: 2 },
      blackout: saved.blackout,
      verifyEvery: 5,
      retentionPolicyId: "policy-2",
    });
    expect(body).not.toHaveProperty("databaseId");
    expect(body).not.toHaveProperty("enabled");
  });

  it("takes retries, windows and verification, and holds bad ones against their bounds", async () => {
    const calls = record("post", "*/api/schedules", () => ok(makeSchedule()));
    const { user } = await renderApp("/schedules/new?databaseId=db-1");
    await user.clear(await screen.findByLabelText("Retries"));
    await user.type(screen.getByLabelText("Retries"), "99");
    await user.click(screen.getByRole("button", { name: "Add a window" }));
    await user.click(
      within(screen.getByRole("group", { name: "Window 1" })).getByRole("button", { name: "Friday" }),
    );
    await user.clear(screen.getByLabelText("To"));
    await user.type(screen.getByLabelText("To"), "25:00");
    await user.click(screen.getByRole("checkbox", { name: "Prove backups by themselves" }));
    await user.selectOptions(screen.getByLabelText("How far"), "It is read to its end");
    await user.click(screen.getByRole("checkbox", { name: "Local disk" }));
    await user.click(screen.getByRole("checkbox", { name: "S3: Offsite" }));
    await user.click(screen.getByRole("button", { name: "Add the schedule" }));
    expect(await screen.findByText("At most 20.")).toBeVisible();
    expect(screen.getByText("A time such as 22:30.")).toBeVisible();
    expect(screen.getByText("Choose at least one place for the backups.")).toBeVisible();
    await user.clear(screen.getByLabelText("Retries"));
    await user.type(screen.getByLabelText("Retries"), "5");
    await user.clear(screen.getByLabelText("To"));
    await user.type(screen.getByLabelText("To"), "24:00");
    await user.click(screen.getByRole("checkbox", { name: "Local disk" }));
    await user.click(screen.getByRole("button", { name: "Add the schedule" }));
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.body).toMatchObject({
      retryLimit: 5,
      uploadToS3: false,
      s3ConfigIds: null,
      blackout: [{ days: ["fri"], start: "09:00", end: "24:00", timezone: null }],
      verifyEvery: 7,
      verifyLevel: 2,
    });
  });

  it("puts the server's objections beside their fields", async () => {
    const message = "There is no time zone 'UTC'.";
    server.use(
      http.post("*/api/schedules", () =>
        refuse(400, "VALIDATION_ERROR", message, [{ field: "timezone", message }]),
      ),
    );
    const { user } = await renderApp("/schedules/new");
    await user.click(await screen.findByRole("button", { name: "Add the schedule" }));
    await waitFor(() => expect(screen.getByLabelText("Time zone")).toBeInvalid());
    server.use(http.post("*/api/schedules", () => HttpResponse.error()));
    await user.click(screen.getByRole("button", { name: "Add the schedule" }));
    expect(await screen.findByText("Not saved")).toBeVisible();
  });

  it("says when what it chooses from could not be loaded", async () => {
    server.use(http.get("*/api/s3-configs", () => refuse(500, "INTERNAL_ERROR", "A fault.")));
    await renderApp("/schedules/new");
    expect(await screen.findByText("The form could not be loaded")).toBeVisible();
  });
});

describe("other pages", () => {
  it("says on a database when it is next backed up, and how to make a schedule", async () => {
    server.use(
      http.get("*/api/databases", () =>
        page([
          makeDatabase({ nextBackupAt: inMinutes(600) }),
          makeDatabase({ id: "db-2", name: "crm", nextBackupAt: null, schedules: 0 }),
          makeDatabase({ id: "db-3", name: "old", enabled: false, nextBackupAt: null, schedules: 2 }),
        ]),
      ),
    );
    await renderApp("/databases");
    expect(await screen.findByRole("article", { name: "shop" })).toHaveTextContent(
      /Next backup in (9 h 59|10 h 00) m/,
    );
    const link = within(screen.getByRole("article", { name: "crm" })).getByRole("link", {
      name: "Add a schedule",
    });
    expect(link).toHaveAttribute("href", "/schedules/new?databaseId=db-2");
    expect(screen.getByRole("article", { name: "old" })).toHaveTextContent("rest while it is disabled");
  });

  it("lists a database's own schedules on its page", async () => {
    await renderApp("/databases/db-1");
    const region = await screen.findByRole("region", { name: "Schedules" });
    expect(await within(region).findByText("Nightly")).toBeVisible();
    use();
    await renderApp("/databases/db-1");
    expect(await screen.findByText(/backed up only when somebody thinks of it/)).toBeVisible();
  });

  it("tells on the overview what runs next, soonest first", async () => {
    use(
      makeSchedule({ name: "Later", nextRunAt: inMinutes(300) }),
      makeSchedule({ id: "s2", name: "Soon", nextRunAt: inMinutes(3), timezone: "Not/Known" }),
      makeSchedule({ id: "s3", name: "Resting", databaseEnabled: false }),
    );
    await renderApp("/");
    const region = await screen.findByRole("region", { name: "Upcoming" });
    const rows = await within(region).findAllByRole("listitem");
    expect(rows.map((row) => row.textContent?.match(/Later|Soon/)?.[0])).toEqual(["Soon", "Later"]);
    expect(rows[0]).toHaveTextContent(/in 2 m 5\d s|in 3 m 00 s/);
    expect(rows[0]).toHaveTextContent("UTC");
  });

  it("shows a backup's schedule and attempt, in the list and on its page", async () => {
    const waiting = {
      scheduleId: "schedule-1",
      scheduleName: "Nightly",
      type: "daily",
      status: "queued",
      attempt: 2,
      notBefore: inMinutes(4),
      slot: ago(10),
      startedAt: null,
      errorMessage: "The server did not answer.",
    };
    server.use(
      http.get("*/api/backups", () => page([makeBackup(waiting)])),
      http.get("*/api/backups/:id", () => ok(makeBackupDetail(waiting))),
    );
    await renderApp("/backups?scheduleId=schedule-1");
    const table = await screen.findByRole("table", { name: "Backups" });
    expect(table).toHaveTextContent("DailyNightly");
    expect(table).toHaveTextContent(/Attempt 2 in (3 m 5\d|4 m 00) s/);
    expect(await screen.findByLabelText("Schedule")).toHaveValue("schedule-1");
    await renderApp("/backups/backup-1");
    expect(await screen.findByText("The server did not answer.")).toBeVisible();
    expect(screen.getByRole("link", { name: "Nightly" })).toHaveAttribute(
      "href",
      "/schedules/schedule-1/edit",
    );
    expect(screen.getByText("Meant for")).toBeVisible();
  });

  it("counts an S3 config that the schedule follows by being the default", async () => {
    server.use(
      http.get("*/api/s3-configs", () =>
        ok([makeS3Config(), makeS3Config({ id: "s3-2", name: "Second", isDefault: false })]),
      ),
    );
    const calls = record("put", "*/api/schedules/schedule-1", () => ok(makeSchedule()));
    const { user } = await renderApp("/schedules/schedule-1/edit");
    expect(await screen.findByRole("checkbox", { name: "S3: Offsite" })).toBeChecked();
    await user.click(screen.getByRole("checkbox", { name: "S3: Second" }));
    await user.click(screen.getByRole("button", { name: "Save the changes" }));
    await waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.body).toMatchObject({ s3ConfigIds: ["s3-1", "s3-2"], uploadToS3: true });
  });
});
