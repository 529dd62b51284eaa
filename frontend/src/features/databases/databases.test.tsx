import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeDatabase, makeProbe } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

const failedTest = {
  ok: false,
  probe: null,
  error: { code: "DATABASE_ERROR", message: "The server refused the password.", details: [] },
};

it("lists databases with their state and last good backup", async () => {
  const offline = makeDatabase({
    id: "db-2",
    name: "wiki",
    reachable: false,
    lastError: "Nothing listens there.",
  });
  const disabled = makeDatabase({ id: "db-3", name: "old", enabled: false, serverVersion: null, size: null });
  const unknown = makeDatabase({
    id: "db-4",
    name: "new",
    reachable: null,
    checkedAt: null,
    lastGoodBackupAt: null,
  });
  server.use(http.get("*/api/databases", () => page([makeDatabase(), offline, disabled, unknown])));
  await renderApp("/databases");
  const shop = await screen.findByRole("article", { name: "shop" });
  expect(shop).toHaveTextContent("PostgreSQL 16.4 · 3.40 GiB");
  expect(shop).toHaveTextContent("Online");
  expect(shop).toHaveTextContent("2 hours ago");
  expect(await within(shop).findByRole("img", { name: "Last 1 backups: 1 completed" })).toBeInTheDocument();
  expect(screen.getByRole("article", { name: "wiki" })).toHaveTextContent("Nothing listens there.");
  const old = screen.getByRole("article", { name: "old" });
  expect(within(old).getByRole("button", { name: "Back up now" })).toBeDisabled();
  expect(screen.getByRole("article", { name: "new" })).toHaveTextContent("Not checkedbackup@");
});

it("says what to do when there is none, and when the list can't be had", async () => {
  server.use(http.get("*/api/databases", () => page([])));
  await renderApp("/databases");
  expect(await screen.findByRole("heading", { name: "No database yet" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Add a database" })).toHaveAttribute("href", "/databases/new");
});

it("offers to try again when loading fails", async () => {
  let broken = true;
  server.use(
    http.get("*/api/databases", () =>
      broken ? refuse(500, "INTERNAL_ERROR", "The log has the details.") : page([makeDatabase()]),
    ),
  );
  const { user } = await renderApp("/databases");
  expect(await screen.findByRole("alert")).toHaveTextContent("The log has the details.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("article", { name: "shop" })).toBeInTheDocument();
});

it("searches by what stands in the address", async () => {
  server.use(
    http.get("*/api/databases", ({ request }) =>
      page(new URL(request.url).searchParams.get("search") === "zzz" ? [] : [makeDatabase()]),
    ),
  );
  const { user, router } = await renderApp("/databases?search=sh");
  await screen.findByRole("article", { name: "shop" });
  await user.clear(screen.getByRole("searchbox", { name: "Search databases" }));
  await user.type(screen.getByRole("searchbox", { name: "Search databases" }), "zzz");
  expect(await screen.findByText(/No database fits/)).toBeInTheDocument();
  expect(router.state.location.search).toEqual({ search: "zzz" });
});

it.each([
  [{ ok: true, probe: makeProbe(), error: null }, /shop answers/],
  [
    { ok: true, probe: makeProbe({ canDump: false, missingPrivileges: ["SELECT on audit."] }), error: null },
    /can't be dumped/,
  ],
  [failedTest, /shop does not answer/],
])("tests a saved database and tells the result (%#)", async (answer, text) => {
  server.use(http.post("*/api/databases/:id/test-connection", () => ok(answer)));
  const { user } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Test" }));
  expect((await screen.findAllByText(text)).length).toBeGreaterThan(0);
});

it("deletes a database, keeping its backups unless told otherwise", async () => {
  const calls = record("delete", "*/api/databases/:id");
  const { user } = await renderApp("/databases");
  await user.click(await screen.findByRole("button", { name: "More for shop" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete…" }));
  const dialog = await screen.findByRole("alertdialog");
  await user.click(within(dialog).getByRole("radio", { name: /Delete its backups too/ }));
  await user.click(within(dialog).getByRole("radio", { name: /Keep its backups/ }));
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]?.query.get("backups")).toBe("keep");
});

it("goes back to the list after deleting from the database's own page, and tells a refusal", async () => {
  record("delete", "*/api/databases/:id", () => refuse(409, "CONFLICT", "A backup of it is running."));
  const { user, router } = await renderApp("/databases/db-1");
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("A backup of it is running.")).toBeInTheDocument();
  record("delete", "*/api/databases/:id", () => ok({ id: "db-1" }));
  await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/databases"));
});

it("fills the form from a connection string, tests it, and saves", async () => {
  const tests = record("post", "*/api/databases/test-connection", () =>
    ok({
      ok: true,
      probe: makeProbe({
        tls: false,
        canDump: false,
        missingPrivileges: ["GRANT SELECT ON audit TO app"],
        tool: null,
        toolError: "Install postgresql-client-16.",
      }),
      error: null,
    }),
  );
  const saves = record("post", "*/api/databases", () => ok(makeDatabase()));
  const { user, router } = await renderApp("/databases/new");
  const paste = screen.getByLabelText(/Connection string/);
  await user.type(paste, "redis://x{Enter}");
  expect(paste).toHaveAccessibleDescription(/starts with postgresql/);
  await user.clear(paste);
  await user.click(paste);
  await user.paste("postgresql://app:s3cret@db:5433/shop?sslmode=require");
  expect(paste).toHaveValue("");
  expect(screen.getByLabelText("Host")).toHaveValue("db");
  expect(screen.getByLabelText("Port")).toHaveValue(5433);
  expect(screen.getByLabelText("Password")).toHaveAttribute("type", "password");
  await user.click(screen.getByRole("button", { name: "Show the password" }));
  expect(screen.getByLabelText("Password")).toHaveValue("s3cret");

  await user.click(screen.getByRole("button", { name: "Test the connection" }));
  const result = screen.getByRole("region", { name: "Connection test" });
  await waitFor(() => expect(result).toHaveTextContent("Not encrypted"));
  expect(result).toHaveTextContent("GRANT SELECT ON audit TO app");
  expect(result).toHaveTextContent("Install postgresql-client-16.");
  expect(tests[0]?.body).toMatchObject({ host: "db", port: 5433, password: "s3cret", tlsMode: "require" });

  await user.click(screen.getByRole("button", { name: "Add the database" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/databases/db-1"));
  expect(saves[0]?.body).toMatchObject({ name: "shop", type: "postgresql", tlsCa: null });
  expect(saves[0]?.query.get("force")).toBe("false");
});

it("asks for what is missing before it sends anything", async () => {
  const { user } = await renderApp("/databases/new");
  await user.click(screen.getByRole("button", { name: "Add the database" }));
  expect(await screen.findByText(/Enter the host/)).toBeInTheDocument();
  expect(screen.getByLabelText("Host")).toHaveFocus();
});

it("saves anyway when the connection test fails and the user insists", async () => {
  server.use(
    http.post("*/api/databases", ({ request }) =>
      new URL(request.url).searchParams.get("force") === "true"
        ? ok(makeDatabase())
        : refuse(502, "DATABASE_ERROR", "The server refused the password."),
    ),
  );
  const { user, router } = await renderApp("/databases/new");
  await user.type(screen.getByLabelText(/Connection string/), "postgresql://app:x@db/shop");
  await user.click(screen.getByRole("button", { name: "Fill in" }));
  await user.click(screen.getByRole("button", { name: "Add the database" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The server refused the password.");
  await user.click(screen.getByRole("button", { name: "Save anyway" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/databases/db-1"));
});

it("puts the API's problems beside the fields they name", async () => {
  server.use(
    http.post("*/api/databases", () =>
      refuse(409, "CONFLICT", "Taken.", [{ field: "name", message: "This name is taken." }]),
    ),
    http.post("*/api/databases/test-connection", () => ok(failedTest)),
  );
  const { user } = await renderApp("/databases/new");
  await user.type(screen.getByLabelText(/Connection string/), "postgresql://app:x@db/shop{Enter}");
  await user.click(screen.getByRole("button", { name: "Test the connection" }));
  expect(await screen.findByText("No connection")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Add the database" }));
  expect(await screen.findByText("This name is taken.")).toBeInTheDocument();
  expect(screen.getByLabelText("Name on this page")).toHaveAttribute("aria-invalid", "true");
});

it("sends only what changed, and never an empty password", async () => {
  const saves = record("put", "*/api/databases/:id", () => ok(makeDatabase()));
  const tests = record("post", "*/api/databases/test-connection", () =>
    refuse(500, "INTERNAL_ERROR", "See the log."),
  );
  const { user, router } = await renderApp("/databases/db-1/edit");
  await user.clear(screen.getByLabelText("Host"));
  await user.type(screen.getByLabelText("Host"), "pg2");
  await user.selectOptions(screen.getByLabelText("TLS"), "verify-ca");
  await user.type(screen.getByLabelText(/CA certificates/), "PEM");
  await user.click(screen.getByRole("button", { name: "Test the connection" }));
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
  expect(tests[0]?.body).not.toHaveProperty("password");
  expect(tests[0]?.body).toMatchObject({ databaseId: "db-1", host: "pg2" });
  await user.click(screen.getByRole("checkbox", { name: "Enabled" }));
  await user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/databases/db-1"));
  expect(saves[0]?.body).toEqual({ host: "pg2", tlsMode: "verify-ca", tlsCa: "PEM", enabled: false });
});

it("shows a database's backups, or that there are none, or why they can't be shown", async () => {
  server.use(http.get("*/api/backups", () => page([])));
  await renderApp("/databases/db-1");
  expect(await screen.findByText(/“Back up now” makes the first one/)).toBeInTheDocument();
});

it("says that a database is gone", async () => {
  server.use(http.get("*/api/databases/:id", () => refuse(404, "NOT_FOUND", "There is no database db-9.")));
  await renderApp("/databases/db-9");
  expect(await screen.findByRole("heading", { name: "Not found" })).toBeInTheDocument();
  expect(screen.getByRole("alert")).toHaveTextContent("There is no database db-9.");
});

it("adds a MariaDB database, whose usual port follows the choice", async () => {
  const saves = record("post", "*/api/databases", () => ok(makeDatabase({ type: "mariadb" })));
  const { user } = await renderApp("/databases/new");
  expect(screen.getByLabelText("Port")).toHaveValue(5432);
  await user.click(screen.getByRole("radio", { name: "MariaDB" }));
  expect(screen.getByLabelText("Port")).toHaveValue(3306);
  expect(screen.getByLabelText("Host")).toHaveAttribute("placeholder", "mariadb");
  expect(screen.getByLabelText(/Connection string/)).toHaveAttribute(
    "placeholder",
    "mariadb://user:password@host:3306/database",
  );
  await user.clear(screen.getByLabelText("Port"));
  await user.type(screen.getByLabelText("Port"), "3310");
  await user.click(screen.getByRole("radio", { name: "MySQL" }));
  expect(screen.getByLabelText("Port")).toHaveValue(3310);
  await user.type(screen.getByLabelText(/Connection string/), "mariadb://app:x@db/shop{Enter}");
  expect(screen.getByRole("radio", { name: "MariaDB" })).toBeChecked();
  expect(screen.getByLabelText("Port")).toHaveValue(3306);
  await user.click(screen.getByRole("button", { name: "Add the database" }));
  await waitFor(() => expect(saves).toHaveLength(1));
  expect(saves[0]?.body).toMatchObject({ type: "mariadb", host: "db", port: 3306, database: "shop" });
});

it("shows which engine a database is of", async () => {
  const databases = [
    makeDatabase({ type: "mysql", serverVersion: "9.7.4-0ubuntu1" }),
    makeDatabase({ id: "db-2", name: "odd", type: "oracle" }),
  ];
  server.use(http.get("*/api/databases", () => page(databases)));
  await renderApp("/databases");
  expect(await screen.findByRole("article", { name: "shop" })).toHaveTextContent("MySQL 9.7.4 ·");
  expect(screen.getByRole("article", { name: "odd" })).toHaveTextContent("oracle");
});

it("gives the runs of a database limits of their own", async () => {
  const saved = makeDatabase({ limits: { niceness: 5 } });
  server.use(http.get("*/api/databases/:id", () => ok(saved)));
  const saves = record("put", "*/api/databases/:id", () => ok(saved));
  const { user } = await renderApp(`/databases/${saved.id}/edit`);
  await user.click(await screen.findByText("Limits of its runs"));
  expect(screen.getByText("1 of its own")).toBeInTheDocument();
  await user.type(screen.getByLabelText(/Memory a tool/), "12");
  await user.click(screen.getByRole("button", { name: /Save/ }));
  expect(await screen.findByText(/0, or 128 to 1048576 MiB/)).toBeInTheDocument();
  await user.clear(screen.getByLabelText(/Memory a tool/));
  await user.type(screen.getByLabelText(/Memory a tool/), "0");
  await user.selectOptions(screen.getByLabelText("Disk priority"), "idle");
  await user.click(screen.getByRole("button", { name: /Save/ }));
  await waitFor(() => expect(saves).toHaveLength(1));
  expect(saves[0]?.body).toEqual({
    limits: { niceness: 5, ioClass: "idle", memory: 0, readLimit: null, uploadLimit: null },
  });
});

it("lets the container's own tools dump a database where that is allowed", async () => {
  const saved = makeDatabase({ containerName: "shop-db", containerDump: "possible" });
  server.use(http.get("*/api/databases/:id", () => ok(saved)));
  const saves = record("put", "*/api/databases/:id", () => ok(saved));
  const { user } = await renderApp(`/databases/${saved.id}/edit`);
  await user.selectOptions(await screen.findByLabelText("Dumped by"), "The tools in the container shop-db");
  await user.click(screen.getByRole("button", { name: /Save/ }));
  await waitFor(() => expect(saves[0]?.body).toEqual({ dumpVia: "container" }));
});
