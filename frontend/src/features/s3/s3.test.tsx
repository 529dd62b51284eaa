import { screen, waitFor, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import { makeS3Config, makeStatus } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, passedStep, record, refuse, server } from "@/test/server";

const failedTest = {
  ok: false,
  steps: [passedStep, { name: "delete", ok: false, message: "AccessDenied.", durationMs: 5 }],
};

async function fillForm(user: Awaited<ReturnType<typeof renderApp>>["user"]) {
  await user.type(screen.getByLabelText("Name"), "Offsite");
  await user.type(screen.getByLabelText(/Endpoint/), "https://s3.example.com");
  await user.type(screen.getByLabelText("Bucket"), "pg");
  await user.type(screen.getByLabelText("Access key id"), "AKIA");
  await user.type(screen.getByLabelText("Secret access key"), "secret");
}

it("shows the disk and the buckets", async () => {
  const minio = makeS3Config({
    id: "s3-2",
    name: "Rack",
    isDefault: false,
    enabled: false,
    endpoint: "https://minio",
    pathPrefix: "",
    copies: 1,
  });
  server.use(
    http.get("*/api/s3-configs", () => ok([makeS3Config(), minio])),
    http.get("*/api/system/status", () =>
      ok(makeStatus({ localStorage: { path: "/data", total: 100, free: 5 } })),
    ),
  );
  await renderApp("/s3-configs");
  expect(await screen.findByRole("article", { name: "Offsite" })).toHaveTextContent(
    "s3://acme-backups/production in eu-central-1",
  );
  expect(screen.getByRole("article", { name: "Rack" })).toHaveTextContent("1 copy");
  expect(screen.getByLabelText("Nearly full:")).toBeInTheDocument();
});

it("says why a second copy is wanted while there is no bucket", async () => {
  server.use(http.get("*/api/s3-configs", () => ok([])));
  await renderApp("/s3-configs");
  expect(await screen.findByRole("heading", { name: "No S3 storage yet" })).toBeInTheDocument();
});

it("offers to try again when the list can't be had", async () => {
  server.use(http.get("*/api/s3-configs", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  const { user } = await renderApp("/s3-configs");
  const again = await screen.findByRole("button", { name: "Try again" });
  server.resetHandlers();
  await user.click(again);
  expect(await screen.findByRole("article", { name: "Offsite" })).toBeInTheDocument();
});

it("tests a saved bucket step by step", async () => {
  server.use(http.post("*/api/s3-configs/:id/test", () => ok(failedTest)));
  const { user } = await renderApp("/s3-configs");
  await user.click(await screen.findByRole("button", { name: "Test" }));
  const result = await screen.findByRole("region", { name: "Test result" });
  expect(result).toHaveTextContent("Passed: Store an object");
  expect(result).toHaveTextContent("Failed: Delete itAccessDenied.".replace("it", "it5 ms"));
  server.use(http.post("*/api/s3-configs/:id/test", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await user.click(screen.getByRole("button", { name: "Test" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("See the log.");
});

it("browses a bucket, a page at a time", async () => {
  server.use(
    http.get("*/api/s3-configs/:id/objects", ({ request }) => {
      const next = new URL(request.url).searchParams.get("next");
      const key = next ? "production/two.txt" : "production/one.txt";
      return ok({
        prefix: "",
        folders: [],
        objects: [{ key, size: 1, modifiedAt: "2026-01-01T00:00:00Z", isBackup: false }],
        next: next ? null : "n",
      });
    }),
  );
  const { user } = await renderApp("/s3-configs");
  await user.click(await screen.findByRole("button", { name: "Browse" }));
  const dialog = await screen.findByRole("dialog", { name: "Contents of Offsite" });
  expect(await within(dialog).findByText("one.txt")).toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Load more" }));
  expect(await within(dialog).findByText("two.txt")).toBeInTheDocument();
  server.use(http.get("*/api/s3-configs/:id/objects", () => refuse(502, "S3_ERROR", "AccessDenied.")));
  await user.click(within(dialog).getByRole("button", { name: "acme-backups" }));
  expect(await within(dialog).findByText("AccessDenied.")).toBeInTheDocument();
  server.use(
    http.get("*/api/s3-configs/:id/objects", () => ok({ prefix: "", folders: [], objects: [], next: null })),
  );
  await user.click(within(dialog).getByRole("button", { name: "Try again" }));
  expect(await within(dialog).findByText("Nothing in this folder.")).toBeInTheDocument();
});

it("deletes a bucket's configuration, or tells why not", async () => {
  record("delete", "*/api/s3-configs/:id", () => refuse(409, "CONFLICT", "214 copies lie there."));
  const { user } = await renderApp("/s3-configs");
  await user.click(await screen.findByRole("button", { name: "Delete Offsite" }));
  const dialog = await screen.findByRole("alertdialog");
  expect(dialog).toHaveTextContent("214 copies lie there, so this will be refused");
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("214 copies lie there.")).toBeInTheDocument();
  record("delete", "*/api/s3-configs/:id", () => ok({ id: "s3-1" }));
  await user.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(screen.queryByRole("alertdialog")).not.toBeInTheDocument());
});

it("tests before it saves, and saves anyway when the user insists", async () => {
  server.use(http.post("*/api/s3-configs/test", () => ok(failedTest)));
  const saves = record("post", "*/api/s3-configs", () => ok(makeS3Config()));
  const { user, router } = await renderApp("/s3-configs/new");
  await fillForm(user);
  await user.click(screen.getByRole("checkbox", { name: "Path style addresses" }));
  await user.click(screen.getByRole("button", { name: "Add the storage" }));
  expect(await screen.findByText("The test failed, so nothing was saved")).toBeInTheDocument();
  expect(saves).toHaveLength(0);
  await user.click(screen.getByRole("button", { name: "Save anyway" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/s3-configs"));
  expect(saves[0]?.body).toMatchObject({
    endpoint: "https://s3.example.com",
    pathStyle: true,
    kmsKeyId: null,
  });
});

it("asks for what is missing and refuses an endpoint that is no URL", async () => {
  const { user } = await renderApp("/s3-configs/new");
  await user.type(screen.getByLabelText(/Endpoint/), "minio:9000");
  await user.selectOptions(screen.getByLabelText("Encryption by the server"), "SSE-KMS");
  await user.click(screen.getByRole("button", { name: "Test" }));
  expect(await screen.findByText("Enter the bucket's name.")).toBeInTheDocument();
});

it("puts the API's problems beside their fields", async () => {
  record("post", "*/api/s3-configs", () =>
    refuse(409, "CONFLICT", "Taken.", [{ field: "name", message: "This name is taken." }]),
  );
  const { user } = await renderApp("/s3-configs/new");
  await fillForm(user);
  await user.click(screen.getByRole("button", { name: "Add the storage" }));
  expect(await screen.findByText("This name is taken.")).toBeInTheDocument();
  server.use(http.post("*/api/s3-configs/test", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await user.click(screen.getByRole("button", { name: "Test" }));
  expect(await screen.findByText("See the log.")).toBeInTheDocument();
});

it("keeps stored keys, sends only what changed, and moors the bucket under its copies", async () => {
  server.use(
    http.get("*/api/s3-configs/:id", () =>
      ok(makeS3Config({ storageClass: "GLACIER", sseMode: "SSE-KMS", kmsKeyId: "k" })),
    ),
  );
  const tests = record("post", "*/api/s3-configs/test", () => ok({ ok: true, steps: [passedStep] }));
  const saves = record("put", "*/api/s3-configs/:id", () => ok(makeS3Config()));
  const { user } = await renderApp("/s3-configs/s3-1/edit");
  expect(screen.getByLabelText("Bucket")).toHaveAttribute("readonly");
  await user.clear(screen.getByLabelText("Name"));
  await user.type(screen.getByLabelText("Name"), "Far away");
  await user.clear(screen.getByLabelText(/Storage class/));
  await user.click(screen.getByRole("button", { name: "Save the changes" }));
  await waitFor(() => expect(saves[0]?.body).toEqual({ name: "Far away", storageClass: null }));
  expect(tests[0]?.body).toMatchObject({ s3ConfigId: "s3-1" });
  expect(tests[0]?.body).not.toHaveProperty("secretKey");
});

it("makes a customer key, shows it to be kept, and asks for a lock's days", async () => {
  server.use(http.post("*/api/s3-configs/test", () => ok({ ok: true, steps: [passedStep] })));
  const saves = record("post", "*/api/s3-configs", () => ok(makeS3Config()));
  const { user } = await renderApp("/s3-configs/new");
  await fillForm(user);
  await user.selectOptions(screen.getByLabelText("Encryption by the server"), "SSE-C");
  await user.click(screen.getByText("Lock, versions, tags"));
  await user.selectOptions(screen.getByLabelText("Object lock"), "COMPLIANCE");
  await user.click(screen.getByText("Bandwidth"));
  await user.type(screen.getByLabelText(/Upload, kB/), "12");
  await user.click(screen.getByRole("button", { name: "Add the storage" }));
  expect(await screen.findByText(/64 to 100000000 kB\/s/)).toBeInTheDocument();
  await user.type(screen.getByLabelText(/Upload, kB/), "0000");
  await user.click(screen.getByRole("button", { name: "Add the storage" }));
  expect(await screen.findByText("SSE-C needs a key of your own.")).toBeInTheDocument();
  expect(screen.getByText("Say for how many days objects are locked.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Generate" }));
  await user.type(screen.getByLabelText("Days"), "30");
  expect(screen.getByLabelText("Customer key")).toHaveAttribute("type", "text");
  await user.click(screen.getByRole("button", { name: "Add the storage" }));
  await waitFor(() => expect(saves).toHaveLength(1));
  const body = saves[0]?.body as Record<string, unknown>;
  expect(atob(String(body.customerKey))).toHaveLength(32);
  expect(body).toMatchObject({
    sseMode: "SSE-C",
    objectLockMode: "COMPLIANCE",
    objectLockDays: 30,
    uploadLimit: 120_000,
    downloadLimit: null,
    tagObjects: true,
  });
});

it("keeps a stored customer key, and sends only what changed", async () => {
  const saved = makeS3Config({
    sseMode: "SSE-C",
    hasCustomerKey: true,
    objectLockMode: "GOVERNANCE",
    objectLockDays: 7,
    uploadLimit: 500,
  });
  server.use(
    http.get("*/api/s3-configs/:id", () => ok(saved)),
    http.post("*/api/s3-configs/test", () => ok({ ok: true, steps: [passedStep] })),
  );
  const saves = record("put", "*/api/s3-configs/:id", () => ok(saved));
  const { user } = await renderApp("/s3-configs/s3-1/edit");
  expect(await screen.findByText("locked for 7 days")).toBeInTheDocument();
  expect(screen.getByText("up 500 kB/s")).toBeInTheDocument();
  await user.click(screen.getByText("Bandwidth"));
  await user.clear(screen.getByLabelText(/Upload, kB/));
  await user.click(screen.getByText("Lock, versions, tags"));
  await user.click(screen.getByRole("checkbox", { name: "Delete all versions" }));
  await user.click(screen.getByRole("checkbox", { name: "Tag objects" }));
  await user.selectOptions(screen.getByLabelText("Object lock"), "");
  await user.click(screen.getByRole("button", { name: /Save/ }));
  await waitFor(() => expect(saves).toHaveLength(1));
  expect(saves[0]?.body).toEqual({
    uploadLimit: null,
    deleteVersions: true,
    tagObjects: false,
    objectLockMode: null,
    objectLockDays: null,
  });
});
