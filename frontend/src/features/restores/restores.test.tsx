import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeBackup, makeDatabase, makePreflight, makeProgress, makeRestore } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";
import { setWideScreen } from "@/test/setup";

it("restores a chosen backup's S3 copy into a new database", async () => {
  const plans = record("post", "*/api/restores/preflight", () => ok(makePreflight()));
  const starts = record("post", "*/api/restores", () => ok(makeRestore()));
  const { user, router } = await renderApp("/restore/new?target=db-1");
  expect(await screen.findByRole("button", { name: "Options" })).toBeDisabled();
  await user.click(await screen.findByRole("radio", { name: /^shop/ }));
  await user.selectOptions(screen.getByLabelText("Read from which copy"), "S3: Offsite");
  await user.click(screen.getByRole("button", { name: "Options" }));

  const name = await screen.findByLabelText("Into a new database called");
  expect(name).toHaveValue("shop_restored");
  expect(await screen.findByText("The role app is missing and will be created.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Definitions only, into a new database" }));
  await user.click(screen.getByRole("radio", { name: "Leave them out" }));
  await user.selectOptions(screen.getByLabelText("Parallel jobs"), "4");
  await user.clear(name);
  expect(name).toHaveAccessibleDescription(/Enter a name/);
  await user.type(name, "shop_copy");
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));

  const go = await screen.findByRole("button", { name: "Restore into shop_copy" });
  expect(go).toBeDisabled();
  await user.click(screen.getByRole("checkbox", { name: /I understand/ }));
  await user.click(go);
  await waitFor(() => expect(router.state.location.pathname).toBe("/restores/restore-1"));
  expect(starts[0]?.body).toEqual({
    databaseId: "db-1",
    backupId: "backup-1",
    copyId: "copy-2",
    confirm: true,
    idempotencyKey: expect.any(String),
    options: { mode: "schemaOnly", newDatabase: "shop_copy", jobs: 4, noOwner: true, noPrivileges: true },
  });
  expect(plans.at(-1)?.body).toMatchObject({ options: { newDatabase: "shop_copy" } });
});

it("does not go on while the preflight finds something in the way", async () => {
  const findings = [
    { level: "error", code: "exists", message: "There is already a database shop_restored." },
  ];
  server.use(
    http.post("*/api/restores/preflight", () => ok(makePreflight({ ok: false, findings, tables: 1 }))),
  );
  const { user, router } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  expect(await screen.findByText(/already a database/)).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await user.click(screen.getByRole("radio", { name: "Keep them, stop if a role is missing" }));
  await user.click(screen.getByRole("button", { name: "Source" }));
  await waitFor(() => expect(router.state.location.search).toMatchObject({ step: "source" }));
});

it("puts a refused option beside its field, and offers to check again when the server fails", async () => {
  server.use(
    http.post("*/api/restores/preflight", () =>
      refuse(400, "VALIDATION_ERROR", "No.", [
        { field: "newDatabase", message: "newDatabase must not be the system database" },
      ]),
    ),
  );
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await waitFor(() =>
    expect(screen.getByLabelText("Into a new database called")).toHaveAccessibleDescription(
      /system database/,
    ),
  );
  expect(screen.queryByRole("button", { name: "Check again" })).not.toBeInTheDocument();
  server.use(
    http.post("*/api/restores/preflight", () => refuse(502, "DATABASE_ERROR", "It does not answer.")),
  );
  await user.selectOptions(screen.getByLabelText("Parallel jobs"), "2");
  const again = await screen.findByRole("button", { name: "Check again" });
  server.use(http.post("*/api/restores/preflight", () => ok(makePreflight())));
  await user.click(again);
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
});

it("restores what lies in a bucket, and tells why a restore did not start", async () => {
  const starts = record("post", "*/api/restores", () =>
    refuse(409, "CONFLICT", "The database was created meanwhile."),
  );
  const { user } = await renderApp("/restore/new");
  await user.click(await screen.findByRole("radio", { name: "A bucket" }));
  await user.click(await screen.findByRole("button", { name: "shop, folder" }));
  await user.click(screen.getByRole("button", { name: "production" }));
  await user.click(await screen.findByRole("button", { name: /shop\.dump\.gz/ }));
  expect(screen.queryByRole("button", { name: /readme/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Options" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  await user.click(await screen.findByRole("checkbox", { name: /I understand/ }));
  await user.click(screen.getByRole("button", { name: /^Restore into/ }));
  expect(await screen.findByText("The database was created meanwhile.")).toBeInTheDocument();
  expect(starts[0]?.body).toMatchObject({ source: { s3ConfigId: "s3-1", key: "production/shop.dump.gz" } });
  await user.click(screen.getByRole("button", { name: "Options" }));
  expect(await screen.findByLabelText("Parallel jobs")).toBeInTheDocument();
});

it("says what to do when there is nothing to restore from", async () => {
  server.use(
    http.get("*/api/backups", () => page([])),
    http.get("*/api/s3-configs", () => ok([])),
  );
  const { user } = await renderApp("/restore/new?step=confirm");
  expect(await screen.findByText(/No completed backup here/)).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "A bucket" }));
  expect(await screen.findByRole("heading", { name: "No S3 storage yet" })).toBeInTheDocument();
});

it("offers to try again where a list can't be had", async () => {
  server.use(
    http.get("*/api/backups", () => refuse(500, "INTERNAL_ERROR", "See the log.")),
    http.get("*/api/s3-configs", () => refuse(500, "INTERNAL_ERROR", "See the log, too.")),
  );
  const { user } = await renderApp("/restore/new");
  expect(await screen.findByText("The backups could not be loaded")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "A bucket" }));
  expect(await screen.findByText("See the log, too.")).toBeInTheDocument();
});

it("can't choose a backup without a whole copy", async () => {
  server.use(http.get("*/api/backups", () => page([makeBackup({ copies: [] })])));
  await renderApp("/restore/new");
  expect(await screen.findByRole("radio", { name: /^shop/ })).toBeDisabled();
  expect(screen.getByText("No whole copy")).toBeInTheDocument();
});

it("lists restores", async () => {
  const s3 = makeRestore({ id: "r-2", sourceType: "s3", status: "failed", duration: null });
  server.use(http.get("*/api/restores", () => page([makeRestore(), s3], 80)));
  const { user, router } = await renderApp("/restores");
  expect(await screen.findByRole("table", { name: "Restores" })).toHaveTextContent("shop_restored");
  await user.click(screen.getByRole("button", { name: "Next" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ page: 2 }));
});

it("lists them as cards on the phone, and says when there are none", async () => {
  setWideScreen(false);
  await renderApp("/restores");
  expect(await screen.findByRole("list", { name: "Restores" })).toHaveTextContent("of shop");
});

it("invites to try a restore before it is needed", async () => {
  server.use(http.get("*/api/restores", () => page([])));
  await renderApp("/restores");
  expect(await screen.findByRole("heading", { name: "Nothing was restored yet" })).toBeInTheDocument();
});

it("follows a running restore and lets it be cancelled", async () => {
  const running = makeRestore({
    status: "running",
    completedAt: null,
    duration: null,
    progress: makeProgress({ bytesUploaded: {} }),
  });
  server.use(http.get("*/api/restores/:id", () => ok(running)));
  const cancels = record("post", "*/api/restores/:id/cancel", () => refuse(409, "CONFLICT", "It has ended."));
  const { user } = await renderApp("/restores/restore-1");
  expect(screen.getByRole("progressbar", { name: "Restore progress" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Cancel the restore" }));
  await user.click(
    within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Cancel the restore" }),
  );
  await waitFor(() => expect(cancels).toHaveLength(1));
  expect(await screen.findByText("It has ended.")).toBeInTheDocument();
});

it("tells how a restore ended", async () => {
  await renderApp("/restores/restore-1");
  expect(screen.getByText("shop_restored is restored")).toBeInTheDocument();
  expect(screen.getByText("Missing roles created")).toBeInTheDocument();
});

it("tells why a restore failed", async () => {
  const failed = makeRestore({
    status: "failed",
    errorMessage: "The checksum differs.",
    sourceType: "s3",
    backupId: null,
  });
  server.use(http.get("*/api/restores/:id", () => ok(failed)));
  await renderApp("/restores/restore-1");
  expect(screen.getByText("The checksum differs.")).toBeInTheDocument();
});

it("adds rows to the database the backup is of, named in what is to be confirmed", async () => {
  const starts = record("post", "*/api/restores", () => ok(makeRestore()));
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(screen.getByRole("radio", { name: "Rows only, beside those that are there" }));
  const name = screen.getByLabelText("Into the existing database");
  expect(name).toHaveValue("shop");
  expect(screen.queryByLabelText("Parallel jobs")).not.toBeInTheDocument();
  await user.clear(name);
  expect(name).toHaveAccessibleDescription(/Enter the name of the database to fill/);
  await user.type(name, "shop");
  await user.click(screen.getByRole("checkbox", { name: /Switch triggers/ }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));

  expect(await screen.findByText("shop is the database this backup was made of")).toBeInTheDocument();
  expect(screen.getByText("Switched off meanwhile")).toBeInTheDocument();
  const go = screen.getByRole("button", { name: "Add the rows to shop" });
  expect(go).toBeDisabled();
  await user.click(
    screen.getByRole("checkbox", { name: /adds rows to the existing database shop on postgres/ }),
  );
  await user.click(go);
  await waitFor(() => expect(starts).toHaveLength(1));
  expect(starts[0]?.body).toMatchObject({
    confirm: true,
    options: { mode: "append", existingDatabase: "shop", disableTriggers: true },
  });
});

it("shows conflicts of an existing database in red, and lets none through", async () => {
  const findings = [
    { level: "error", code: "tables-not-empty", message: "These tables hold rows already: public.orders." },
  ];
  server.use(http.post("*/api/restores/preflight", () => ok(makePreflight({ ok: false, findings }))));
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(screen.getByRole("radio", { name: "Rows only, into empty tables" }));
  const conflict = (await screen.findByText(/public.orders/)).closest("li");
  expect(conflict).toHaveClass("bg-bad-soft");
  expect(conflict).toHaveTextContent(/^In the way: /);
  expect(screen.getByRole("button", { name: "Confirm" })).toBeDisabled();
});

it("offers MySQL's own options for its servers, and takes over the database's name with the server", async () => {
  const maria = makeDatabase({
    id: "db-2",
    name: "blog",
    type: "mariadb",
    host: "maria",
    port: 3306,
    database: "wp",
  });
  server.use(http.get("*/api/databases", () => page([makeDatabase(), maria])));
  const plans = record("post", "*/api/restores/preflight", () =>
    ok(makePreflight({ sourceEngine: "mariadb" })),
  );
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.selectOptions(screen.getByLabelText("On the server of"), "blog");
  expect(screen.getByLabelText("On the server of")).toHaveAccessibleDescription(/maria:3306, MariaDB 16.4/);
  expect(screen.queryByRole("radiogroup", { name: "Owners and privileges" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Restore as they were" }));
  const definers = screen.getByRole("radiogroup", { name: /^Definers/ });
  await user.click(within(definers).getByRole("radio", { name: "Leave them out" }));
  await waitFor(() =>
    expect(plans.at(-1)?.body).toMatchObject({
      databaseId: "db-2",
      options: { mode: "newDatabase", newDatabase: "shop_restored", definer: "strip", events: "enabled" },
    }),
  );
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("Restored as they were")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Options" }));

  await user.click(await screen.findByRole("radio", { name: "Rows only, into empty tables" }));
  expect(screen.getByLabelText("Into the existing database")).toHaveValue("wp");
  expect(screen.queryByRole("checkbox", { name: /Switch triggers/ })).not.toBeInTheDocument();
  await waitFor(() =>
    expect(plans.at(-1)?.body).toEqual({
      databaseId: "db-2",
      backupId: "backup-1",
      options: { mode: "dataOnly", existingDatabase: "wp" },
    }),
  );
});

it("tells how rows were added, and what a failure left", async () => {
  const filled = makeRestore({
    targetDatabase: "shop",
    options: { mode: "append", existingDatabase: "shop", newDatabase: "", disableTriggers: true },
  });
  server.use(http.get("*/api/restores/:id", () => ok(filled)));
  await renderApp("/restores/restore-1");
  expect(screen.getByText("The rows are in shop")).toBeInTheDocument();
  expect(screen.getByText("Rows only, beside those that are there")).toBeInTheDocument();
  expect(screen.getByText("Triggers and foreign keys off meanwhile")).toBeInTheDocument();
});

it("says before a cancellation that an existing database stays as it was", async () => {
  const options = { mode: "dataOnly", existingDatabase: "shop" };
  const running = makeRestore({ status: "running", targetDatabase: "shop", options, completedAt: null });
  server.use(http.get("*/api/restores/:id", () => ok(running)));
  const { user } = await renderApp("/restores/restore-1");
  await user.click(screen.getByRole("button", { name: "Cancel the restore" }));
  expect(await screen.findByRole("alertdialog")).toHaveTextContent(/it stays as it was before/);
});

it("tells why adding rows failed", async () => {
  const failed = makeRestore({
    status: "failed",
    errorMessage: "A key exists already.",
    options: { mode: "append", existingDatabase: "shop" },
  });
  server.use(http.get("*/api/restores/:id", () => ok(failed)));
  await renderApp("/restores/restore-1");
  expect(screen.getByText(/Rows go in all at once or not at all; nothing was dropped/)).toBeInTheDocument();
});
