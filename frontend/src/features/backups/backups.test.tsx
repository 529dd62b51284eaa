import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it, vi } from "vitest";
import { FakeWebSocket } from "@/test/fake-web-socket";
import {
  makeBackup,
  makeBackupDetail,
  makeCopy,
  makeDecision,
  makeLines,
  makeProgress,
  makeS3Config,
  makeS3Copy,
} from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";
import { setWideScreen } from "@/test/setup";
import { toFilter } from "./filter";
import { parseBackupsSearch } from "./search";

const running = () =>
  makeBackupDetail({
    status: "running",
    completedAt: null,
    size: null,
    duration: null,
    progress: makeProgress(),
    tables: [],
    copies: [makeCopy({ state: "writing", key: null }), makeS3Copy({ state: "writing", key: null })],
  });

it("starts a backup with the chosen places and options", async () => {
  const calls = record("post", "*/api/backups", () => ok(makeBackupDetail()));
  const { user, router } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Back up now" }));
  const dialog = await screen.findByRole("dialog", { name: "Back up shop" });
  const local = await within(dialog).findByRole("checkbox", { name: "Local disk" });
  const offsite = within(dialog).getByRole("checkbox", { name: "S3: Offsite" });
  expect(offsite).toBeChecked();
  await user.click(offsite);
  await user.click(local);
  await user.click(within(dialog).getByRole("button", { name: "Start the backup" }));
  expect(await within(dialog).findByText("Choose at least one place for the backup.")).toBeInTheDocument();
  await user.click(offsite);

  await user.click(within(dialog).getByRole("radio", { name: "zstd" }));
  await user.type(within(dialog).getByLabelText(/Label/), "before the move");
  await user.click(within(dialog).getByRole("checkbox", { name: "Pin it" }));
  await user.click(within(dialog).getByText("What goes in"));
  await user.click(within(dialog).getByRole("radio", { name: "Data only" }));
  await user.click(within(dialog).getByRole("radio", { name: "Schema only" }));
  await user.type(within(dialog).getByLabelText(/Only these tables/), "public.a, public.b");
  await user.type(within(dialog).getByLabelText(/Without these tables/), "public.c");
  expect(within(dialog).getByText("schema only, some tables")).toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Start the backup" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/backups/backup-1"));
  expect(calls[0]?.body).toEqual({
    databaseId: "db-1",
    local: false,
    uploadToS3: true,
    s3ConfigIds: ["s3-1"],
    encryption: "none",
    compression: "zstd",
    label: "before the move",
    pinned: true,
    options: { schemaOnly: true, includeTables: ["public.a", "public.b"], excludeTables: ["public.c"] },
  });
});

it("tells in the dialog why a backup did not start", async () => {
  record("post", "*/api/backups", () =>
    refuse(400, "VALIDATION_ERROR", "No.", [{ field: "odd", message: "Odd." }]),
  );
  server.use(http.get("*/api/s3-configs", () => ok([])));
  const { user } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Back up now" }));
  expect(await screen.findByRole("link", { name: "Add S3 storage" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Start the backup" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Odd.");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

it("filters, sorts and pages by the address", async () => {
  const asked: URLSearchParams[] = [];
  server.use(
    http.get("*/api/backups", ({ request }) => {
      asked.push(new URL(request.url).searchParams);
      return page(
        [
          makeBackup(),
          makeBackup({ id: "b-2", pinned: true, label: "kept", status: "queued", queuePosition: 2 }),
        ],
        120,
      );
    }),
  );
  const { user, router } = await renderApp("/backups");
  expect(await screen.findByRole("table", { name: "Backups" })).toBeInTheDocument();
  expect(screen.getByText("Queued, 2nd in line")).toBeInTheDocument();
  expect(screen.getByText("1–50 of 120")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Next" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ page: 2 }));
  await user.click(await screen.findByRole("button", { name: "Size" }));
  await waitFor(() =>
    expect(router.state.location.search).toMatchObject({ sort: expect.stringContaining("size") }),
  );
  await user.selectOptions(screen.getByLabelText("Status"), "failed");
  await user.selectOptions(screen.getByLabelText("S3 state"), "none");
  await waitFor(() => expect(asked.at(-1)?.get("s3")).toBe("none"));
  expect(asked.at(-1)?.get("status")).toBe("failed");
  await user.click(screen.getByRole("button", { name: "Clear" }));
  await waitFor(() => expect(asked.at(-1)?.get("status")).toBeNull());
});

it("says when no backup fits, and when there is none at all", async () => {
  server.use(http.get("*/api/backups", () => page([])));
  const { user } = await renderApp("/backups?status=failed");
  await user.click(await screen.findByRole("button", { name: "Clear the filters" }));
  expect(await screen.findByRole("heading", { name: "No backup yet" })).toBeInTheDocument();
});

it("offers to try again when the list can't be had", async () => {
  let broken = true;
  server.use(
    http.get("*/api/backups", ({ request }) => {
      const list = !new URL(request.url).searchParams.has("undeleted");
      return broken && list ? refuse(500, "INTERNAL_ERROR", "See the log.") : undefined;
    }),
  );
  const { user } = await renderApp("/backups");
  const again = await screen.findByRole("button", { name: "Try again" });
  broken = false;
  await user.click(again);
  expect(await screen.findByRole("table")).toBeInTheDocument();
});

it("says why a backup is kept and until when, or that it will go", async () => {
  await renderApp("/backups/backup-1");
  const panel = await screen.findByRole("region", { name: "Retention" });
  expect(panel).toHaveTextContent("Kept, because");
  expect(panel).toHaveTextContent("It is the newest good backup of the database.");
  expect(panel).toHaveTextContent(/until 29 Nov 2026/);
  const gone = makeDecision({ keep: false, until: null });
  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail({ retention: gone }))));
  await renderApp("/backups/backup-1");
  expect(await screen.findByText("The next clean-up deletes it, because")).toBeVisible();
});

it("sends the policy that was chosen, for ever as null, and nothing for the schedules'", async () => {
  const calls = record("post", "*/api/backups", () => ok(makeBackupDetail()));
  for (const choice of ["policy-1", "forever", "schedules"]) {
    const { user } = await renderApp("/databases");
    await user.click((await screen.findAllByRole("button", { name: /Back up now/ })).at(-1) as HTMLElement);
    await user.selectOptions(await screen.findByLabelText("Keep it"), choice);
    await user.click(screen.getByRole("button", { name: "Start the backup" }));
    await screen.findByRole("region", { name: "Facts" });
    cleanup();
  }
  const sent = calls.map(({ body }) => body as Record<string, unknown>);
  expect(sent.map((body) => body.retentionPolicyId)).toEqual(["policy-1", null, undefined]);
  expect(sent[2]).not.toHaveProperty("retentionPolicyId");
});

it("shows cards on the phone", async () => {
  setWideScreen(false);
  await renderApp("/backups");
  const list = await screen.findByRole("list", { name: "Backups" });
  expect(list).toHaveTextContent("1.20 GiB · 2 m 15 s");
  expect(screen.queryByRole("table")).not.toBeInTheDocument();
});

it("drops what it does not know from the address, and asks for whole days of the user's", () => {
  expect(parseBackupsSearch({ status: "odd", page: "x", from: "yesterday", type: 3 })).toEqual({});
  const filter = toFilter(
    parseBackupsSearch({ from: "2026-11-01", to: "2026-11-01", page: "3", sort: "-size" }),
  );
  expect(Date.parse(String(filter.endDate)) - Date.parse(String(filter.startDate))).toBe(86_400_000);
  expect(filter).toMatchObject({ page: 3, sort: "-size" });
});

it("follows a running backup live, and lets it be cancelled", async () => {
  server.use(http.get("*/api/backups/:id", () => ok(running())));
  const cancels = record("post", "*/api/backups/:id/cancel", () => ok(running()));
  const { user } = await renderApp("/backups/backup-1");
  expect(screen.getByText("12 of 48")).toBeInTheDocument();
  expect(screen.getByRole("progressbar", { name: "Backup progress" })).toHaveAttribute("aria-valuenow", "50");
  const events = FakeWebSocket.last("/api/ws/events");
  act(() => {
    events.open();
    events.send({
      type: "progress",
      runs: [
        { kind: "backup", id: "backup-1", progress: makeProgress({ tablesDone: 30, bytesTotal: null }) },
      ],
    });
  });
  expect(await screen.findByText("30 of 48")).toBeInTheDocument();

  await user.click(screen.getByRole("button", { name: "Cancel the backup" }));
  const dialog = await screen.findByRole("alertdialog");
  await waitFor(() => expect(within(dialog).getByRole("button", { name: "Let it run" })).toHaveFocus());
  await user.click(within(dialog).getByRole("button", { name: "Cancel the backup" }));
  await waitFor(() => expect(cancels).toHaveLength(1));

  server.use(http.get("*/api/backups/:id", () => ok(makeBackupDetail())));
  act(() =>
    events.send({
      type: "execution",
      kind: "backup",
      id: "backup-1",
      databaseId: "db-1",
      databaseName: "shop",
      status: "completed",
      errorMessage: null,
      at: "",
    }),
  );
  expect(await screen.findByText("Read to its end, every copy confirmed")).toBeInTheDocument();
});

it("shows the log: filtered by level, searched, downloaded", async () => {
  const { user } = await renderApp("/backups/backup-1");
  const socket = FakeWebSocket.last("/logs");
  expect(socket.url).toMatch(/executions\/backup-1\/logs\?after=0$/);
  const lines = makeLines(30);
  act(() => {
    socket.open();
    socket.send({
      type: "lines",
      lines: [...lines, { ...lines[0], seq: 31, level: "warn", message: "circular keys" }],
    });
    socket.send({
      type: "lines",
      lines: [
        { ...lines[0], seq: 5 },
        { ...lines[0], seq: 32, level: "debug", message: "noise" },
      ],
    });
  });
  expect(await screen.findByText("31 of 32 lines")).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText("Show from level"), "warn");
  expect(await screen.findByText("circular keys")).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText("Show from level"), "debug");
  await user.type(screen.getByLabelText("Search the log"), "orders_7");
  expect((await screen.findByText("orders_7")).tagName).toBe("MARK");
  await user.type(screen.getByLabelText("Search the log"), "zzz");
  expect(await screen.findByText("No line fits the filter.")).toBeInTheDocument();
  await user.clear(screen.getByLabelText("Search the log"));
  await user.click(screen.getByRole("button", { name: "Following" }));
  expect(screen.getByRole("button", { name: "Follow" })).toHaveAttribute("aria-pressed", "false");

  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  await user.click(screen.getByRole("button", { name: "Download the log" }));
  expect(click).toHaveBeenCalled();
  act(() => socket.send({ type: "end", status: "completed" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Follow" })).not.toBeInTheDocument());
});

it("stops following when the user scrolls, and says when the log is offline", async () => {
  await renderApp("/backups/backup-1");
  const socket = FakeWebSocket.last("/logs");
  expect(screen.getByText("Waiting for the first line…")).toBeInTheDocument();
  act(() => {
    socket.open();
    socket.send({ type: "lines", lines: makeLines(5) });
  });
  const log = await screen.findByRole("log");
  Object.defineProperty(log, "scrollHeight", { value: 5000 });
  act(() => log.dispatchEvent(new WheelEvent("wheel", { bubbles: true })));
  expect(await screen.findByRole("button", { name: "Follow" })).toBeInTheDocument();
  act(() => socket.break());
  expect(await screen.findByText(/offline, reconnecting/)).toBeInTheDocument();
});

it("tells why a backup failed", async () => {
  server.use(
    http.get("*/api/backups/:id", () =>
      ok(
        makeBackupDetail({
          status: "failed",
          errorMessage: "Permission denied for table audit.",
          attempt: 2,
          copies: [],
        }),
      ),
    ),
  );
  await renderApp("/backups/backup-1");
  expect(screen.getByText("Permission denied for table audit.")).toBeInTheDocument();
  expect(screen.getByText("This was attempt 2.")).toBeInTheDocument();
  expect(screen.queryByRole("link", { name: "Restore" })).not.toBeInTheDocument();
});

it("pins, uploads to a further bucket, and copies the checksum", async () => {
  const failed = makeS3Copy({ state: "failed", error: "It did not answer." });
  const tables = Array.from({ length: 8 }, (_, n) => ({
    schema: "public",
    name: `t${n}`,
    rows: n,
    rowsExact: true,
    size: n,
  }));
  server.use(
    http.get("*/api/backups/:id", () => ok(makeBackupDetail({ copies: [makeCopy(), failed], tables }))),
    http.get("*/api/s3-configs", () => ok([makeS3Config(), makeS3Config({ id: "s3-2", name: "Rack" })])),
  );
  const pins = record("post", "*/api/backups/:id/pin", () => ok(makeBackupDetail()));
  const uploads = record("post", "*/api/backups/:id/upload-to-s3", () => ok(makeBackupDetail()));
  const { user } = await renderApp("/backups/backup-1");
  expect(screen.getByText("One copy is missing")).toBeInTheDocument();
  expect(screen.queryByText("t0")).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Show all 8" }));
  expect(screen.getByText("t0")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Pin" }));
  await waitFor(() => expect(pins[0]?.body).toEqual({ pinned: true }));
  await user.click(await screen.findByRole("button", { name: "Upload to S3" }));
  await user.click(await screen.findByRole("menuitem", { name: "Rack" }));
  await waitFor(() => expect(uploads[0]?.body).toEqual({ s3ConfigIds: ["s3-2"] }));
  await user.click(screen.getByRole("button", { name: "Copy the checksum" }));
  expect(await screen.findByRole("button", { name: "Copied" })).toBeInTheDocument();
});

it("deletes a backup after asking, but not a pinned one", async () => {
  const deletes = record("delete", "*/api/backups/:id", () => ok({ id: "backup-1" }));
  const { user, router } = await renderApp("/backups/backup-1");
  await user.click(screen.getByRole("button", { name: "Delete" }));
  const dialog = await screen.findByRole("alertdialog");
  expect(dialog).toHaveTextContent("stored in: Local, Offsite");
  await user.click(within(dialog).getByRole("button", { name: "Delete the backup" }));
  await waitFor(() => expect(deletes).toHaveLength(1));
  await waitFor(() => expect(router.state.location.pathname).toBe("/backups"));
});

it("works from the list's row menu too", async () => {
  server.use(http.get("*/api/backups", () => page([makeBackup({ pinned: true })])));
  const pins = record("post", "*/api/backups/:id/pin", () => refuse(409, "CONFLICT", "It is gone."));
  const { user } = await renderApp("/backups");
  await user.click(await screen.findByRole("button", { name: /^More for shop/ }));
  expect(await screen.findByRole("menuitem", { name: "Download" })).toHaveAttribute(
    "href",
    "/api/backups/backup-1/download",
  );
  await user.click(await screen.findByRole("menuitem", { name: "Unpin" }));
  await waitFor(() => expect(pins[0]?.body).toEqual({ pinned: false }));
  expect(await screen.findByText("It is gone.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: /^More for shop/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  expect(await screen.findByText("It is pinned. Unpin it first.")).toBeInTheDocument();
});

it("shows the engine and the format of a script", async () => {
  const part = {
    name: "database",
    format: "sql",
    file: "shop.sql.gz",
    size: 10,
    sha256: "a",
    plainSize: 20,
    plainSha256: "b",
    tool: "mariadb-dump 10.11.19",
    tables: [],
  };
  const backup = makeBackupDetail({ engine: "mariadb", serverVersion: "10.11.19-MariaDB", parts: [part] });
  server.use(http.get("*/api/backups/:id", () => ok(backup)));
  await renderApp("/backups/backup-1");
  const facts = await screen.findByRole("region", { name: "Facts" });
  expect(facts).toHaveTextContent("MariaDB 10.11.19");
  expect(facts).toHaveTextContent("SQL script");
});
