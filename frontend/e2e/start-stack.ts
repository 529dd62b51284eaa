import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const COMMAND = process.env.E2E_STACK_COMMAND ?? "uv run python -m devtools.e2e_stack";
const PATIENCE_MS = 300_000;

/** Starts real servers and the product, unless E2E_STACK_JSON names some that run already. Returns how to stop them. */
export default async function startStack() {
  if (process.env.E2E_STACK_JSON) return undefined;
  const child = spawn(COMMAND, {
    shell: true,
    detached: true,
    cwd: fileURLToPath(new URL("../../backend", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const stop = async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    // The whole group: a signal to the shell alone would leave the servers running.
    process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  const firstLine = once(createInterface(child.stdout), "line");
  const tooLate = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`No facts after ${PATIENCE_MS / 1000} s from: ${COMMAND}`)),
      PATIENCE_MS,
    ).unref();
  });
  const died = ended.then(([code]) => Promise.reject(new Error(`The stack ended with ${code}: ${COMMAND}`)));
  died.catch(() => undefined);
  try {
    const [facts] = await Promise.race([firstLine, died, tooLate]);
    process.env.E2E_STACK_JSON = String(facts);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
