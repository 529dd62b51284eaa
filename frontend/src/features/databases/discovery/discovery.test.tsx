import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import type { DiscoveredServer, Discovery } from "@/client";
import { makeDatabase, makeSchedule } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

function makeServer(change: Partial<DiscoveredServer> = {}): DiscoveredServer {
  return {
    containerId: "a".repeat(64),
    containerName: "shop-db-1",
    image: "postgres:16",
    type: "postgresql",
    host: "shop-db-1",
    port: 5432,
    username: "postgres",
    hasPassword: true,
    state: "new",
    message: null,
    labelled: false,
    databases: [
      { name: "postgres", databaseId: null },
      { name: "shop", databaseId: null },
      { name: "wiki", databaseId: null },
    ],
    ...change,
  };
}

function discovers(change: Partial<Discovery> = {}) {
  server.use(
    http.get("*/api/discovery", () =>
      ok({
        dockerHost: "tcp://socket-proxy:2375",
        problem: null,
        containerName: "dbbackup-api-1",
        readsCredentials: true,
        autoDiscover: false,
        labelProblems: [],
        servers: [makeServer()],
        ...change,
      }),
    ),
  );
}

it("is reached from the databases, and adds what is ticked with one click", async () => {
  discovers();
  const calls = record("post", "*/api/discovery/add", () =>
    ok([{ containerName: "shop-db-1", name: "wiki", database: makeDatabase(), error: null }]),
  );
  const { user } = await renderApp("/databases");
  await user.click(await screen.findByRole("link", { name: "Discover" }));
  const found = await screen.findByRole("article", { name: "shop-db-1" });
  expect(found).toHaveTextContent("New");
  expect(screen.getByText("Running containers on a network with dbbackup-api-1")).toBeInTheDocument();
  // PostgreSQL's own database is not ticked at first.
  expect(within(found).getByRole("checkbox", { name: "postgres" })).not.toBeChecked();
  await user.click(within(found).getByRole("checkbox", { name: "shop" }));
  await user.click(screen.getByRole("button", { name: "Add 1 database" }));
  await waitFor(() => expect(calls).toHaveLength(1));
  expect(calls[0]?.body).toEqual({ servers: [{ containerId: "a".repeat(64), databases: ["wiki"] }] });
  expect(await screen.findByText("1 database is added")).toBeInTheDocument();
});

it("shows each state, and what is added already", async () => {
  discovers({
    servers: [
      makeServer({
        containerId: "b",
        containerName: "blog",
        state: "configured",
        databases: [{ name: "blog", databaseId: "db-1" }],
      }),
      makeServer({
        containerId: "c",
        containerName: "silent",
        state: "unreachable",
        message: "Nobody answers.",
        databases: [],
      }),
      makeServer({ containerId: "d", containerName: "labelled", labelled: true }),
    ],
  });
  await renderApp("/databases/discover");
  const blog = await screen.findByRole("article", { name: "blog" });
  expect(blog).toHaveTextContent("Configured");
  expect(within(blog).getByRole("link", { name: "blog" })).toHaveAttribute("href", "/databases/db-1");
  const silent = screen.getByRole("article", { name: "silent" });
  expect(silent).toHaveTextContent("Unreachable");
  expect(silent).toHaveTextContent("Nobody answers.");
  expect(screen.getByRole("article", { name: "labelled" })).toHaveTextContent("they add its databases");
  expect(screen.getByRole("button", { name: "Nothing chosen" })).toBeDisabled();
});

it("asks for user and password where the container tells none, and says what was not added", async () => {
  discovers({
    servers: [
      makeServer({
        username: null,
        hasPassword: false,
        state: "credentialsMissing",
        message: "Its environment holds no POSTGRES_PASSWORD.",
        databases: [],
      }),
    ],
  });
  const calls = record("post", "*/api/discovery/add", () =>
    ok([
      {
        containerName: "shop-db-1",
        name: "shop",
        database: null,
        error: { code: "DATABASE_ERROR", message: "The password is wrong.", details: [] },
      },
    ]),
  );
  const { user } = await renderApp("/databases/discover");
  await user.type(await screen.findByRole("textbox", { name: "User" }), "backup");
  await user.type(screen.getByLabelText("Password"), "secret");
  await user.type(screen.getByRole("textbox", { name: "Databases" }), "shop, shop");
  await user.click(screen.getByRole("button", { name: "Add 1 database" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("shop of shop-db-1: The password is wrong.");
  expect(calls[0]?.body).toEqual({
    servers: [{ containerId: "a".repeat(64), databases: ["shop"], username: "backup", password: "secret" }],
  });
  // Only what is wrong has to be typed again.
  expect(screen.getByRole("textbox", { name: "User" })).toHaveValue("backup");
  expect(screen.getByRole("textbox", { name: "Databases" })).toHaveValue("shop");
  await user.type(screen.getByLabelText("Password"), "s");
  await user.click(screen.getByRole("button", { name: "Add 1 database" }));
  await waitFor(() => expect(calls[1]?.body).toMatchObject({ servers: [{ password: "secrets" }] }));
});

it("says what to do when the engine cannot be asked, when nothing is found, and when the request fails", async () => {
  discovers({ problem: { reason: "no-socket", message: "There is no Docker socket." }, servers: [] });
  const { user } = await renderApp("/databases/discover");
  expect(await screen.findByText("There is no Docker socket.")).toBeInTheDocument();
  expect(screen.getByText("docker compose --profile discovery up --detach")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Add one by hand" })).toHaveAttribute("href", "/databases/new");
  discovers({ servers: [] });
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByRole("heading", { name: "No database container found" })).toBeInTheDocument();
  server.use(http.get("*/api/discovery", () => refuse(500, "INTERNAL_ERROR", "The log has the details.")));
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The log has the details.");
});

it("tells when adding fails as a whole", async () => {
  discovers();
  server.use(http.post("*/api/discovery/add", () => refuse(409, "CONFLICT", "The proxy answers 403.")));
  const { user } = await renderApp("/databases/discover");
  await user.click(await screen.findByRole("button", { name: "Add 2 databases" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The proxy answers 403.");
});

it("shows problems with labels, and what labels own", async () => {
  discovers({
    labelProblems: [
      { container: "wiki", label: "db-backup.schedule", message: "no cron expression" },
      { container: "cache", label: "", message: "no database" },
    ],
  });
  await renderApp("/databases/discover");
  expect(await screen.findByText("Some labels cannot be followed")).toBeInTheDocument();
  expect(screen.getByText("db-backup.schedule")).toBeInTheDocument();
});

it("marks databases and schedules that labels own", async () => {
  const owned = makeDatabase({ containerName: "shop-db-1", containerState: "stopped", managedBy: "labels" });
  server.use(http.get("*/api/databases", () => page([owned])));
  server.use(http.get("*/api/databases/:id", () => ok(owned)));
  server.use(http.get("*/api/schedules", () => page([makeSchedule({ managedBy: "labels" })])));
  const { router } = await renderApp("/databases");
  const card = await screen.findByRole("article", { name: "shop" });
  expect(card).toHaveTextContent("From labels");
  expect(card).toHaveTextContent("Container: shop-db-1, stopped");
  await router.navigate({ to: "/databases/$id", params: { id: "db-1" } });
  expect(await screen.findByText("labels of its container")).toBeInTheDocument();
  await router.navigate({ to: "/schedules" });
  expect(await screen.findByText("From labels")).toBeInTheDocument();
});

it("offers in the first steps what was found nearby, and says where nothing was", async () => {
  discovers();
  const calls = record("post", "*/api/discovery/add", () =>
    ok([{ containerName: "shop-db-1", name: "shop", database: makeDatabase(), error: null }]),
  );
  const { user } = await renderApp("/first-steps?step=databases");
  const nearby = await screen.findByRole("region", { name: "Found nearby" });
  await user.click(within(nearby).getByRole("checkbox", { name: "wiki" }));
  await user.click(within(nearby).getByRole("button", { name: "Add 1 database" }));
  await waitFor(() => expect(calls[0]?.body).toMatchObject({ servers: [{ databases: ["shop"] }] }));
});

it("says in the first steps that no engine can be asked", async () => {
  await renderApp("/first-steps?step=databases");
  expect(await screen.findByText(/no Docker engine can be asked/)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "How databases are discovered" })).toHaveAttribute(
    "href",
    "/databases/discover",
  );
});
