import { screen, within } from "@testing-library/react";
import { http } from "msw";
import { expect, it } from "vitest";
import type { CatalogueRebuild } from "@/client";
import { renderApp } from "@/test/render-app";
import { ok, refuse, server } from "@/test/server";

const FOUND: CatalogueRebuild = {
  dryRun: true,
  manifests: 5,
  backupsAdded: 2,
  copiesAdded: 3,
  known: 1,
  instances: [
    { instanceId: "abcd", manifests: 4 },
    { instanceId: "zzzz", manifests: 1 },
  ],
  problemCount: 1,
  problems: ["shop/x.dump.gz.json: it was cut."],
};

function answer(change: Partial<CatalogueRebuild> = {}) {
  const bodies: Record<string, unknown>[] = [];
  server.use(
    http.post("*/api/system/catalogue/rebuild", async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      bodies.push(body);
      return ok({ ...FOUND, ...change, dryRun: body.dryRun === true });
    }),
  );
  return bodies;
}

async function openDialog(card: string) {
  const { user } = await renderApp("/s3-configs");
  const article = await screen.findByRole("article", { name: card });
  await user.click(within(article).getByRole("button", { name: "Find backups" }));
  return { user, dialog: await screen.findByRole("dialog", { name: `Backups in ${card}` }) };
}

it("shows what a bucket holds and adds it when asked to", async () => {
  const bodies = answer();
  const { user, dialog } = await openDialog("Offsite");
  expect(await within(dialog).findByText("5 backups")).toBeInTheDocument();
  expect(dialog).toHaveTextContent("1 cannot be used");
  expect(dialog).toHaveTextContent("it was cut.");
  await user.selectOptions(within(dialog).getByLabelText("Whose backups"), "abcd");
  await user.click(within(dialog).getByRole("button", { name: "Add 2 backups" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("2 backups added");
  expect(bodies.at(0)).toEqual({ s3ConfigId: expect.any(String), instanceId: null, dryRun: true });
  expect(bodies.at(-1)).toEqual({ s3ConfigId: expect.any(String), instanceId: "abcd" });
  await user.click(within(dialog).getAllByRole("button", { name: "Close" }).at(-1) as HTMLElement);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

it("offers nothing to add where all is known, and one copy where only that is missing", async () => {
  answer({ manifests: 1, backupsAdded: 0, copiesAdded: 0, problemCount: 0, instances: [] });
  const { dialog } = await openDialog("Local disk");
  expect(await within(dialog).findByText("1 backup")).toBeInTheDocument();
  expect(within(dialog).queryByRole("button", { name: /^Add/ })).not.toBeInTheDocument();
});

it("says why nothing was added", async () => {
  server.use(
    http.post("*/api/system/catalogue/rebuild", async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      return body.dryRun
        ? ok({ ...FOUND, backupsAdded: 0, copiesAdded: 1 })
        : refuse(502, "STORAGE_ERROR", "The bucket is gone.");
    }),
  );
  const { user, dialog } = await openDialog("Offsite");
  await user.click(await within(dialog).findByRole("button", { name: "Add 1 copy" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("The bucket is gone.");
});

it("offers to look again when the storage cannot be read", async () => {
  answer();
  server.use(
    http.post("*/api/system/catalogue/rebuild", () => refuse(502, "STORAGE_ERROR", "No answer."), {
      once: true,
    }),
  );
  const { user, dialog } = await openDialog("Offsite");
  await user.click(await within(dialog).findByRole("button", { name: "Try again" }));
  expect(await within(dialog).findByText("5 backups")).toBeInTheDocument();
});
