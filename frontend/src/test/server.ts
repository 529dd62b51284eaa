import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import {
  makeBackup,
  makeBackupDetail,
  makeChannel,
  makeDatabase,
  makeKey,
  makeMe,
  makePolicy,
  makePreflight,
  makePreview,
  makeProbe,
  makeRestore,
  makeRetentionPreview,
  makeS3Config,
  makeSchedule,
  makeSetting,
  makeSimulation,
  makeStatistics,
  makeStatus,
  notificationEvents,
} from "./fixtures";

const meta = { timestamp: "2026-11-22T12:00:00Z", page: null, limit: null, total: null };

/** An answer as the API wraps it. */
export const ok = (data: unknown) => HttpResponse.json({ success: true, data, error: null, meta });

export const page = (items: unknown[], total = items.length) =>
  HttpResponse.json({
    success: true,
    data: items,
    error: null,
    meta: { ...meta, page: 1, limit: 50, total },
  });

export const refuse = (
  status: number,
  code: string,
  message: string,
  details: { field: string; message: string }[] = [],
) => HttpResponse.json({ success: false, data: null, error: { code, message, details }, meta }, { status });

/** A product with one database, one backup, one restore and one bucket, where everything works. */
export const server = setupServer(
  http.get("*/api/auth/me", () => ok(makeMe())),
  http.get("*/api/auth/second-factor", () => ok({ enabled: false, recoveryCodesLeft: 0 })),
  http.get("*/api/auth/state", () => ok({ authMode: "local", setupNeeded: false, singleSignOn: null })),
  http.get("*/api/system/status", () => ok(makeStatus())),
  http.get("*/api/system/stats", () => ok(makeStatistics())),
  http.get("*/api/system/settings", () => ok([makeSetting()])),
  http.get("*/api/system/logs", () => ok([])),
  http.get("*/api/databases", () => page([makeDatabase()])),
  http.post("*/api/databases", () => ok(makeDatabase())),
  http.get("*/api/databases/:id", () => ok(makeDatabase())),
  http.put("*/api/databases/:id", () => ok(makeDatabase())),
  http.delete("*/api/databases/:id", () => ok({ id: "db-1" })),
  http.post("*/api/databases/test-connection", () => ok({ ok: true, probe: makeProbe(), error: null })),
  http.post("*/api/databases/:id/test-connection", () => ok({ ok: true, probe: makeProbe(), error: null })),
  http.get("*/api/backups", () => page([makeBackup()])),
  http.post("*/api/backups", () => ok(makeBackupDetail())),
  http.get("*/api/backups/:id", () => ok(makeBackupDetail())),
  http.delete("*/api/backups/:id", () => ok({ id: "backup-1" })),
  http.post("*/api/backups/:id/:action", () => ok(makeBackupDetail())),
  http.get("*/api/discovery", () =>
    ok({
      dockerHost: "unix:///var/run/docker.sock",
      problem: { reason: "no-socket", message: "There is no Docker socket." },
      containerName: null,
      readsCredentials: true,
      autoDiscover: false,
      labelProblems: [],
      servers: [],
    }),
  ),
  http.get("*/api/schedules", () => page([makeSchedule()])),
  http.post("*/api/schedules", () => ok(makeSchedule())),
  http.post("*/api/schedules/preview", () => ok(makePreview())),
  http.get("*/api/schedules/:id", () => ok(makeSchedule())),
  http.put("*/api/schedules/:id", () => ok(makeSchedule())),
  http.delete("*/api/schedules/:id", () => ok({ id: "schedule-1" })),
  http.post("*/api/schedules/:id/run", () => ok(makeBackupDetail())),
  http.post("*/api/schedules/:id/:action", () => ok(makeSchedule())),
  http.get("*/api/restores", () => page([makeRestore()])),
  http.post("*/api/restores/preflight", () => ok(makePreflight())),
  http.post("*/api/restores", () => ok(makeRestore())),
  http.get("*/api/restores/:id", () => ok(makeRestore())),
  http.post("*/api/restores/:id/cancel", () => ok(makeRestore())),
  http.get("*/api/verifications", () => page([])),
  http.get("*/api/s3-configs", () => ok([makeS3Config()])),
  http.post("*/api/s3-configs", () => ok(makeS3Config())),
  http.get("*/api/s3-configs/:id", () => ok(makeS3Config())),
  http.put("*/api/s3-configs/:id", () => ok(makeS3Config())),
  http.delete("*/api/s3-configs/:id", () => ok({ id: "s3-1" })),
  http.get("*/api/s3-configs/:id/objects", () =>
    ok({
      prefix: "production/",
      folders: ["production/shop/"],
      objects: [
        { key: "production/shop.dump.gz", size: 1024, modifiedAt: "2026-11-20T10:00:00Z", isBackup: true },
        { key: "production/readme.txt", size: 12, modifiedAt: "2026-11-20T10:00:00Z", isBackup: false },
      ],
      next: null,
    }),
  ),
  http.get("*/api/retention-policies", () => ok([makePolicy()])),
  http.post("*/api/retention-policies", () => ok(makePolicy())),
  http.post("*/api/retention-policies/preview", () => ok(makeRetentionPreview())),
  http.post("*/api/retention-policies/simulate", () => ok(makeSimulation())),
  http.get("*/api/retention-policies/:id", () => ok(makePolicy())),
  http.put("*/api/retention-policies/:id", () => ok(makePolicy())),
  http.delete("*/api/retention-policies/:id", () => ok({ id: "policy-1" })),
  http.put("*/api/databases/:id/proof", () => ok(makeDatabase())),
  http.get("*/api/recovery/signing-key", () =>
    ok({ algorithm: "ed25519", pem: "PEM", fingerprint: "0451e76d" }),
  ),
  http.post("*/api/recovery/kit", () => HttpResponse.arrayBuffer(new ArrayBuffer(8))),
  http.get("*/api/encryption-keys", () => ok([])),
  http.post("*/api/encryption-keys", () => ok(makeKey({ downloadedAt: null, backups: 0 }))),
  http.post("*/api/encryption-keys/import", () => ok(makeKey({ backups: 0 }))),
  http.post("*/api/encryption-keys/:id/download", () => HttpResponse.text("# created\nAGE-SECRET-KEY-1X\n")),
  http.post("*/api/encryption-keys/:id/:action", () => ok(makeKey())),
  http.delete("*/api/encryption-keys/:id", () => ok({ id: "key-1" })),
  http.get("*/api/notification-events", () => ok(notificationEvents)),
  http.get("*/api/notification-channels", () => ok([makeChannel()])),
  http.get("*/api/notification-channels/:id", () => ok(makeChannel())),
  http.get("*/api/notification-deliveries", () => page([])),
  http.post("*/api/s3-configs/test", () => ok({ ok: true, steps: [passedStep] })),
  http.post("*/api/s3-configs/:id/test", () => ok({ ok: true, steps: [passedStep] })),
);

export const passedStep = {
  name: "put",
  ok: true,
  message: "An object was stored and confirmed.",
  durationMs: 12,
};

/** Remembers the JSON bodies sent to a path. */
export function record(
  method: "post" | "put" | "delete",
  path: string,
  answer: () => Response = () => ok({}),
) {
  const calls: { body: unknown; query: URLSearchParams }[] = [];
  server.use(
    http[method](path, async ({ request }) => {
      const text = await request.text();
      calls.push({ body: text ? JSON.parse(text) : null, query: new URL(request.url).searchParams });
      return answer() as ReturnType<typeof ok>;
    }),
  );
  return calls;
}
