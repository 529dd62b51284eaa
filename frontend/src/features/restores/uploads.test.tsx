import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, it, vi } from "vitest";
import type { RestoreUploadView } from "@/client";
import { makePreflight, makeRestore, makeUpload } from "@/test/fixtures";
import { renderApp } from "@/test/render-app";
import { ok, record, refuse, server } from "@/test/server";
import { PIECE_BYTES } from "./uploads/send-file";

const CONTENTS = {
  engine: "postgresql",
  database: "shop",
  objects: [
    {
      kind: "table",
      schema: "public",
      name: "customer",
      rows: 20,
      rowsExact: false,
      size: 8192,
      needs: ["type public.mood"],
    },
    { kind: "table", schema: "public", name: "visit", rows: 3, rowsExact: true, size: 0, needs: [] },
    { kind: "view", schema: "sales", name: "seen", rows: null, rowsExact: false, size: null, needs: [] },
  ],
};

let uploads: RestoreUploadView[];
beforeEach(() => {
  uploads = [];
  server.use(
    http.get("*/api/restores/uploads", () => ok(uploads)),
    http.post("*/api/restores/contents", () => ok(CONTENTS)),
  );
});

async function openUploads() {
  const app = await renderApp("/restore/new");
  await app.user.click(await screen.findByRole("radio", { name: "A file" }));
  return app;
}

it("uploads a file in pieces with its manifest, and restores it", async () => {
  const size = PIECE_BYTES + 100;
  const created = record("post", "*/api/restores/uploads", () =>
    ok(makeUpload({ size, offset: 0, state: "uploading" })),
  );
  const offsets: string[] = [];
  server.use(
    http.patch("*/api/restores/uploads/:id", ({ request }) => {
      const offset = request.headers.get("upload-offset") ?? "";
      offsets.push(offset);
      const done = offset !== "0";
      const now = makeUpload({
        size,
        offset: done ? size : PIECE_BYTES,
        state: done ? "checking" : "uploading",
      });
      if (done) uploads = [makeUpload({ size })];
      return ok(now);
    }),
  );
  const starts = record("post", "*/api/restores", () => ok(makeRestore()));
  const { user } = await openUploads();
  const manifest = new File(['{"format":"dbbackup-manifest"}'], "shop.dump.json");
  const dump = new File([new Uint8Array(size)], "shop.dump");
  await user.upload(await screen.findByLabelText("File to upload"), [manifest, dump]);
  const choice = await screen.findByRole("radio", { name: /^shop\.dump/ });
  expect(offsets).toEqual(["0", String(PIECE_BYTES)]);
  expect(created[0]?.body).toEqual({ name: "shop.dump", size, manifest: { format: "dbbackup-manifest" } });
  await user.click(choice);
  await user.click(screen.getByRole("button", { name: "Options" }));
  expect(await screen.findByLabelText("Into a new database called")).toHaveValue("shop_restored");
  await user.click(screen.getByRole("checkbox", { name: /trust it/ }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("The uploaded file shop.dump")).toBeInTheDocument();
  await user.click(screen.getByRole("checkbox", { name: /I understand/ }));
  await user.click(screen.getByRole("button", { name: /^Restore into/ }));
  await waitFor(() => expect(starts).toHaveLength(1));
  expect(starts[0]?.body).toMatchObject({ source: { uploadId: "upload-1" }, options: { trusted: true } });
});

it("goes on with an unfinished upload, waits for a lost connection, and asks where to go on", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 100 });
  uploads = [makeUpload({ name: "big.sql", size: 30, offset: 10, state: "uploading", kind: null })];
  const offsets: string[] = [];
  server.use(
    http.get("*/api/restores/uploads/:id", () =>
      ok(makeUpload({ size: 30, offset: 20, state: "uploading" })),
    ),
    http.patch("*/api/restores/uploads/:id", ({ request }) => {
      offsets.push(request.headers.get("upload-offset") ?? "");
      if (offsets.length === 1) return HttpResponse.error();
      uploads = [makeUpload({ name: "big.sql", size: 30 })];
      return ok(makeUpload({ size: 30, offset: 30, state: "checking" }));
    }),
  );
  const { user } = await openUploads();
  expect(await screen.findByText(/10 B of 30 B are here/)).toBeInTheDocument();
  expect(screen.getByRole("radio", { name: /^big\.sql/ })).toBeDisabled();
  await user.upload(screen.getByLabelText("File to upload"), new File(["x".repeat(30)], "big.sql"));
  expect(await screen.findByText(/No connection/)).toBeInTheDocument();
  await waitFor(() => expect(offsets).toEqual(["10", "20"]), { timeout: 5_000 });
  expect(await screen.findByRole("radio", { name: /^big\.sql/ })).toBeEnabled();
  vi.useRealTimers();
});

it("tells why a file was refused, checks it again, and deletes it", async () => {
  uploads = [
    makeUpload({ state: "refused", kind: null, errorMessage: "No private key kept here opens it." }),
    makeUpload({
      id: "upload-2",
      name: "odd.sql",
      kind: "SQL script",
      format: "script",
      engine: null,
      tables: null,
    }),
  ];
  const again = record("post", "*/api/restores/uploads/:id/check", () => ok(makeUpload()));
  const deleted = record("delete", "*/api/restores/uploads/:id", () =>
    refuse(409, "CONFLICT", "A restore reads it."),
  );
  const { user } = await openUploads();
  expect(await screen.findByText(/No private key/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Check again" }));
  await waitFor(() => expect(again).toHaveLength(1));
  await user.click(screen.getByRole("button", { name: "Delete odd.sql" }));
  await user.click(await screen.findByRole("button", { name: "Delete it" }));
  expect(await screen.findByText("A restore reads it.")).toBeInTheDocument();
  server.use(http.delete("*/api/restores/uploads/:id", () => ok({ id: "upload-2" })));
  uploads = uploads.slice(0, 1);
  await user.click(screen.getByRole("button", { name: "Delete it" }));
  await waitFor(() => expect(screen.queryByText("odd.sql")).not.toBeInTheDocument());
  expect(deleted).toHaveLength(1);
});

it("says why an upload did not begin, and takes a dropped file", async () => {
  server.use(
    http.post("*/api/restores/uploads", () => refuse(400, "VALIDATION_ERROR", "The file is too large.")),
  );
  const { user } = await openUploads();
  const zone = (await screen.findByRole("button", { name: "Choose a file" })).parentElement as HTMLElement;
  fireEvent.dragOver(zone);
  fireEvent.dragLeave(zone);
  fireEvent.drop(zone, { dataTransfer: { files: [new File(["x"], "a.sql")] } });
  expect(await screen.findByText("The file is too large.")).toBeInTheDocument();
  await user.upload(
    screen.getByLabelText("File to upload"),
    new File(['{"format":"dbbackup-manifest"}'], "m.json"),
  );
  expect(await screen.findByText(/Choose the dump itself/)).toBeInTheDocument();
});

it("offers to load the uploads again", async () => {
  server.use(http.get("*/api/restores/uploads", () => refuse(500, "INTERNAL_ERROR", "See the log.")));
  await openUploads();
  expect(await screen.findByText("The uploads could not be loaded")).toBeInTheDocument();
});

it("runs a script in an existing database", async () => {
  const starts = record("post", "*/api/restores", () => ok(makeRestore()));
  const { user } = await renderApp("/restore/new");
  await user.click(await screen.findByRole("radio", { name: "A script" }));
  const options = screen.getByRole("button", { name: "Options" });
  expect(options).toBeDisabled();
  await user.type(screen.getByLabelText("SQL"), "SELECT 1;");
  await user.click(options);
  expect(await screen.findByRole("radio", { name: "Into a new database" })).toBeChecked();
  expect(screen.queryByRole("radio", { name: /^Rows only/ })).not.toBeInTheDocument();
  expect(screen.queryByLabelText("Parallel jobs")).not.toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Run it in an existing database" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("The script you wrote")).toBeInTheDocument();
  expect(screen.getByText(/dropping and overwriting included/)).toBeInTheDocument();
  await user.click(screen.getByRole("checkbox", { name: /runs a script in/ }));
  await user.click(screen.getByRole("button", { name: "Run it in shop" }));
  await waitFor(() => expect(starts).toHaveLength(1));
  expect(starts[0]?.body).toMatchObject({
    source: { script: "SELECT 1;" },
    options: { mode: "runScript", existingDatabase: "shop" },
  });
});

it("restores chosen objects only", async () => {
  const plans = record("post", "*/api/restores/preflight", () => ok(makePreflight()));
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "Chosen tables and schemas" }));
  expect(await screen.findByText("0 of 3 chosen")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Confirm" })).toBeDisabled();
  await user.click(screen.getByRole("checkbox", { name: "All of sales" }));
  await user.click(screen.getByRole("checkbox", { name: /^customer/ }));
  expect(screen.getByText("Refers to type public.mood")).toBeInTheDocument();
  expect(screen.getByText("2 of 3 chosen")).toBeInTheDocument();
  await waitFor(() =>
    expect(plans.at(-1)?.body).toMatchObject({
      options: {
        selection: { schemas: ["sales"], objects: [{ kind: "table", schema: "public", name: "customer" }] },
      },
    }),
  );
  await user.type(screen.getByLabelText("Search what is in it"), "vis");
  expect(screen.queryByRole("checkbox", { name: /^customer/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Objects of public" }));
  expect(screen.queryByRole("checkbox", { name: /^visit/ })).not.toBeInTheDocument();
  await user.clear(screen.getByLabelText("Search what is in it"));
  await user.type(screen.getByLabelText("Search what is in it"), "zzz");
  expect(screen.getByText("Nothing of that name.")).toBeInTheDocument();
  await user.clear(screen.getByLabelText("Search what is in it"));
  await user.click(screen.getByRole("checkbox", { name: "All of sales" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Confirm" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("public.customer")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "All of it" }));
  expect(screen.queryByLabelText("Search what is in it")).not.toBeInTheDocument();
});

it("says when what is in a source can't be read, and shows what was chosen on the restore's page", async () => {
  server.use(
    http.post("*/api/restores/contents", () => refuse(409, "CONFLICT", "It has no list of contents.")),
    http.get("*/api/restores/:id", () =>
      ok(
        makeRestore({
          sourceType: "upload",
          sourceName: "shop.dump",
          options: { mode: "newDatabase", selection: { schemas: ["sales"], objects: [] }, trusted: true },
        }),
      ),
    ),
  );
  const { user } = await renderApp("/restore/new?backup=backup-1");
  await user.click(await screen.findByRole("button", { name: "Options" }));
  await user.click(await screen.findByRole("radio", { name: "Chosen tables and schemas" }));
  expect(await screen.findByText("It has no list of contents.")).toBeInTheDocument();
  await renderApp("/restores/restore-1");
  const facts = await screen.findByRole("region", { name: "Facts" });
  expect(within(facts).getByText("all of sales")).toBeInTheDocument();
  expect(within(facts).getByText("shop.dump")).toBeInTheDocument();
});
