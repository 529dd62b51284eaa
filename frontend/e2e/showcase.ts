import { existsSync, readFileSync } from "node:fs";
import type { APIRequestContext } from "@playwright/test";
import type { Showcase } from "./stack";

const PATIENCE_MS = 120_000;

/** The furnished product's facts: they stand in a file as soon as it is furnished, beside the other tests. */
export async function showcase(): Promise<Showcase> {
  const facts = JSON.parse(process.env.E2E_STACK_JSON ?? "{}") as {
    showcase?: Showcase;
    showcaseFile?: string;
  };
  if (facts.showcase) return facts.showcase;
  const file = facts.showcaseFile ?? "";
  const end = Date.now() + PATIENCE_MS;
  while (!existsSync(file)) {
    if (Date.now() > end) throw new Error("The furnished product is not there. See the output of the stack.");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return JSON.parse(readFileSync(file, "utf8")) as Showcase;
}

/** Signs in without the form; the session's cookie goes to the page of the same context. */
export async function signInTo(request: APIRequestContext, { baseUrl, username, password }: Showcase) {
  const answer = await request.post(`${baseUrl}/api/auth/sign-in`, {
    data: { username, password },
    headers: { "X-Requested-With": "page" },
  });
  if (!answer.ok()) throw new Error(`The sign-in failed: ${await answer.text()}`);
}
