// The first page may load at most 200 kB of JavaScript, gzipped, and zod only with the forms that need it.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);

const files = new Set();
const visit = (chunk) => {
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const key of chunk.imports ?? []) visit(manifest[key]);
};
visit(entry);
// The overview is what the first page shows, so its chunk counts too.
for (const [key, chunk] of Object.entries(manifest)) {
  if (key.startsWith("src/routes/index.tsx")) visit(chunk);
}

let total = 0;
let hasZod = false;
for (const file of files) {
  const source = readFileSync(`dist/${file}`);
  const size = gzipSync(source, { level: 9 }).length / 1000;
  hasZod ||= source.includes("ZodError");
  total += size;
  console.log(`${size.toFixed(1).padStart(8)} kB  ${file}`);
}
console.log(`${total.toFixed(1).padStart(8)} kB  first load, limit ${LIMIT_KB} kB`);
if (total > LIMIT_KB) throw new Error("First-load JavaScript is over its limit.");
if (hasZod) throw new Error("zod is in the first load: import schemas only from lazily loaded components.");
