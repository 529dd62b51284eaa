import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { ago, makeChannel, makeDatabase, makeDelivery } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, page, record, refuse, server } from "@/test/server";

const mail = makeChannel({
  id: "channel-2",
  name: "Operations",
  target: "ops@example.com by smtp.example.com:587",
  settings: {
    kind: "email",
    host: "smtp.example.com",
    port: 587,
    security: "starttls",
    username: "backups",
    sender: "backups@example.com",
    recipients: ["ops@example.com"],
    caCertificate: null,
    hasPassword: true,
  },
  events: [],
  databaseIds: ["db-1"],
  failureThreshold: 3,
  enabled: false,
  deliveredAt: null,
});

it("shows the channels, what they are told of, and how the last delivery went", async () => {
  const failing = makeChannel({ id: "3", name: "Chat", lastError: "The answer was 503.", failedAt: ago(2) });
  server.use(http.get("*/api/notification-channels", () => ok([makeChannel(), mail, failing])));
  await renderApp("/notifications");
  const desk = await screen.findByRole("article", { name: "Incident desk" });
  expect(desk).toHaveTextContent("Webhook: https://hooks.example.com/…");
  expect(desk).toHaveTextContent("Last message delivered 5 minutes ago");
  await waitFor(() => expect(desk).toHaveTextContent("Backup failed"));
  const operations = screen.getByRole("article", { name: "Operations" });
  expect(operations).toHaveTextContent("Disabled");
  expect(operations).toHaveTextContent("No event is chosen");
  expect(operations).toHaveTextContent("1 database · after 3 failures in a row");
  expect(operations).toHaveTextContent("No message was sent yet.");
  expect(screen.getByRole("article", { name: "Chat" })).toHaveTextContent("The answer was 503.");
});

it("says why channels are wanted while there is none", async () => {
  server.use(http.get("*/api/notification-channels", () => ok([])));
  await renderApp("/notifications");
  expect(await screen.findByRole("heading", { name: "Nobody is told yet" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Add a channel" })).toHaveAttribute("href", "/notifications/new");
  expect(await screen.findByText(/No message was sent yet\. Test messages/)).toBeInTheDocument();
});

it("offers to try again when a list can't be had", async () => {
  const broken = () => refuse(500, "INTERNAL_ERROR", "See the log.");
  server.use(
    http.get("*/api/notification-channels", broken),
    http.get("*/api/notification-deliveries", broken),
  );
  const { user } = await renderApp("/notifications");
  await screen.findByText("The channels could not be loaded");
  await screen.findByText("The messages could not be loaded");
  server.resetHandlers();
  for (const button of screen.getAllByRole("button", { name: "Try again" })) await user.click(button);
  expect(await screen.findByRole("article", { name: "Incident desk" })).toBeInTheDocument();
  expect(await screen.findByText(/No message was sent yet\./)).toBeInTheDocument();
});

it("sends a test message and tells what became of it", async () => {
  server.use(
    http.post("*/api/notification-channels/:id/test", () =>
      ok({ ok: true, message: "The answer was 200, after 12 ms." }),
    ),
  );
  const { user } = await renderApp("/notifications");
  const send = await screen.findByRole("button", { name: "Send a test" });
  await user.click(send);
  expect(await screen.findByRole("alert")).toHaveTextContent("acceptedThe answer was 200, after 12 ms.");
  server.use(
    http.post("*/api/notification-channels/:id/test", () =>
      ok({ ok: false, message: "The answer was 410." }),
    ),
  );
  await user.click(send);
  expect(await screen.findByText("The test message was not delivered")).toBeInTheDocument();
  server.use(
    http.post("*/api/notification-channels/:id/test", () => refuse(500, "INTERNAL_ERROR", "See the log.")),
  );
  await user.click(send);
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
});

it("lists messages, filters them, and tries one again", async () => {
  const failed = makeDelivery({ state: "failed", attempts: 15, result: "The answer was 500." });
  const waiting = makeDelivery({
    id: "2",
    title: "Waits",
    state: "waiting",
    nextAttemptAt: ago(-3),
    attempts: 2,
  });
  const ping = makeDelivery({ id: "3", title: "Ping of Nightly", channelId: null, scheduleId: "s" });
  server.use(
    http.get("*/api/notification-deliveries", ({ request }) => {
      const query = new URL(request.url).searchParams;
      if (query.get("state") === "waiting") return page([]);
      return query.get("state") === "failed" ? page([failed]) : page([failed, waiting, ping], 45);
    }),
  );
  const { user, router } = await renderApp("/notifications");
  const list = await screen.findByRole("list", { name: "Recent messages" });
  const items = within(list).getAllByRole("listitem");
  expect(items[0]).toHaveTextContent(
    "Incident desk · 5 minutes ago · 15 attemptsThe answer was 500.Given up",
  );
  expect(items[1]).toHaveTextContent("2 attempts · next attempt in 3 minutes");
  expect(items[2]).toHaveTextContent("Ping URL");
  expect(within(items[2] as HTMLElement).queryByRole("button")).not.toBeInTheDocument();

  await user.click(screen.getByRole("button", { name: "Next" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ page: 2 }));
  await user.click(screen.getByRole("radio", { name: "Given up" }));
  await waitFor(() => expect(router.state.location.search).toEqual({ state: "failed" }));
  const retries = record("post", "*/api/notification-deliveries/:id/retry", () => ok(waiting));
  await user.click(await screen.findByRole("button", { name: "Try again now: Backup of shop failed" }));
  await waitFor(() => expect(retries).toHaveLength(1));
  record("post", "*/api/notification-deliveries/:id/retry", () =>
    refuse(409, "CONFLICT", "It was delivered."),
  );
  await user.click(screen.getByRole("button", { name: "Try again now: Backup of shop failed" }));
  expect(await screen.findByText("It was delivered.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Waiting" }));
  expect(await screen.findByText("No message is in this state.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "All" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
});

it("deletes a channel, or tells why not", async () => {
  record("delete", "*/api/notification-channels/:id", () => refuse(404, "NOT_FOUND", "It is gone already."));
  const { user } = await renderApp("/notifications");
  await user.click(await screen.findByRole("button", { name: "Delete Incident desk" }));
  const dialog = await screen.findByRole("alertdialog");
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("It is gone already.")).toBeInTheDocument();
  record("delete", "*/api/notification-channels/:id", () => ok({ id: "channel-1" }));
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
});

it("adds a mail channel that tells of what went wrong", async () => {
  const saves = record("post", "*/api/notification-channels", () => ok(mail));
  const { user, router } = await renderApp("/notifications/new");
  await user.click(screen.getByRole("button", { name: "Add the channel" }));
  expect(await screen.findByText("Enter at least one address.")).toBeInTheDocument();
  await user.type(screen.getByLabelText("Name"), "Operations");
  await user.type(screen.getByLabelText("Recipients"), "ops@example.com, oncall@example.com");
  await user.type(screen.getByLabelText("Sender"), "backups@example.com");
  await user.type(screen.getByLabelText("Mail server"), "smtp.example.com");
  await user.selectOptions(screen.getByLabelText("Encryption"), "tls");
  await user.clear(screen.getByLabelText("Port"));
  await user.type(screen.getByLabelText("Port"), "465");
  await user.type(screen.getByLabelText(/User name/), "backups");
  await user.type(screen.getByLabelText(/Password/), "secret");
  expect(screen.getByRole("checkbox", { name: "Backup succeeded" })).not.toBeChecked();
  await user.click(screen.getByRole("checkbox", { name: "Disk space low" }));
  await user.click(screen.getByRole("radio", { name: "Only some" }));
  await user.click(await screen.findByRole("checkbox", { name: makeDatabase().name }));
  await user.click(screen.getByRole("checkbox", { name: "Tell when it works again" }));
  await user.click(screen.getByRole("button", { name: "Add the channel" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/notifications"));
  expect(saves[0]?.body).toEqual({
    name: "Operations",
    settings: {
      kind: "email",
      host: "smtp.example.com",
      port: 465,
      security: "tls",
      username: "backups",
      password: "secret",
      sender: "backups@example.com",
      recipients: ["ops@example.com", "oncall@example.com"],
      caCertificate: null,
    },
    events: ["backup.failed"],
    databaseIds: ["db-1"],
    failureThreshold: 1,
    recovery: false,
    enabled: true,
  });
});

it("generates a signing secret for a webhook, tests the form, and puts the API's problems beside their fields", async () => {
  const tests = record("post", "*/api/notification-channels/test", () =>
    ok({ ok: false, message: "Connection refused." }),
  );
  const { user } = await renderApp("/notifications/new");
  await user.click(screen.getByRole("radio", { name: "Webhook" }));
  await user.type(screen.getByLabelText("Name"), "Desk");
  await user.type(screen.getByLabelText("URL"), "https://hooks.example.com/x");
  await user.click(screen.getByRole("button", { name: "Send a test message" }));
  expect(await screen.findByText("Generate a secret, or switch signing off.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await user.click(screen.getByRole("button", { name: "Send a test message" }));
  expect(await screen.findByText("Connection refused.")).toBeInTheDocument();
  expect(tests[0]?.body).toEqual({
    settings: {
      kind: "webhook",
      url: "https://hooks.example.com/x",
      signingSecret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    },
  });
  record("post", "*/api/notification-channels", () =>
    refuse(400, "VALIDATION_ERROR", "Wrong.", [{ field: "settings.url", message: "This is no URL." }]),
  );
  await user.click(screen.getByRole("button", { name: "Everything" }));
  expect(screen.getByRole("checkbox", { name: "Backup succeeded" })).toBeChecked();
  await user.click(screen.getByRole("button", { name: "What went wrong" }));
  expect(screen.getByRole("checkbox", { name: "Backup succeeded" })).not.toBeChecked();
  await user.click(screen.getByRole("button", { name: "Add the channel" }));
  expect(await screen.findByText("This is no URL.")).toBeInTheDocument();
  record("post", "*/api/notification-channels", () => refuse(500, "INTERNAL_ERROR", "See the log."));
  await user.click(screen.getByRole("button", { name: "Add the channel" }));
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Slack" }));
  expect(screen.getByLabelText("Webhook URL")).toBeInTheDocument();
  expect(screen.queryByText("Connection refused.")).not.toBeInTheDocument();
});

it("keeps stored secrets when a channel is changed", async () => {
  const saves = record("put", "*/api/notification-channels/:id", () => ok(makeChannel()));
  const { user } = await renderApp("/notifications/channel-1/edit");
  expect(screen.queryByRole("radiogroup", { name: "Kind of channel" })).not.toBeInTheDocument();
  await user.clear(screen.getByLabelText("Name"));
  await user.type(screen.getByLabelText("Name"), "Desk");
  await user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() => expect(saves[0]?.body).toMatchObject({ name: "Desk", settings: { kind: "webhook" } }));
  expect(saves[0]?.body).not.toHaveProperty("settings.url");
});

it("takes the signing secret away when signing is switched off, and the password with the user name", async () => {
  const saves = record("put", "*/api/notification-channels/:id", () => ok(makeChannel()));
  const first = await renderApp("/notifications/channel-1/edit");
  await first.user.click(screen.getByRole("checkbox", { name: "Sign every message" }));
  await first.user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() =>
    expect(saves[0]?.body).toMatchObject({ settings: { kind: "webhook", signingSecret: null } }),
  );
  server.use(http.get("*/api/notification-channels/:id", () => ok(mail)));
  await first.router.navigate({ to: "/notifications/$id/edit", params: { id: "channel-2" } });
  await first.user.clear(await screen.findByLabelText(/User name/));
  await first.user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() =>
    expect(saves[1]?.body).toMatchObject({
      settings: { username: null, password: null },
      databaseIds: ["db-1"],
    }),
  );
});
