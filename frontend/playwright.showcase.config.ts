import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

process.env.E2E_STACK_COMMAND ??= "uv run --frozen --no-sync python -m devtools.showcase";

/** Pictures of the page, and how fast it is: not tests of every day. */
export default defineConfig({ ...base, testDir: "showcase", timeout: 900_000 });
