// No page may load more than 200 kB of JavaScript, gzipped, before it is there, and zod comes only with forms.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const chunks = Object.entries(manifest);
const [, entry] = chunks.find(([, chunk]) => chunk.isEntry);
const sizes = new Map();

const sizeOf = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length / 1000);
  return sizes.get(file);
};

/** What these chunks load at once, without what is imported later. */
const loadedBy = (...roots) => {
  const files = new Set();
  const visit = (chunk) => {
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const key of chunk.imports ?? []) visit(manifest[key]);
  };
  roots.forEach(visit);
  return [...files];
};
const total = (files) => files.reduce((sum, file) => sum + sizeOf(file), 0);

const routes = chunks
  .filter(([key]) => key.startsWith("src/routes/") && key.includes("?tsr-split=component"))
  .map(([key, chunk]) => ({
    route: key.replace("?tsr-split=component", ""),
    size: total(loadedBy(entry, chunk)),
  }))
  .sort((one, other) => other.size - one.size);
if (routes.length < 30) throw new Error(`Only ${routes.length} routes were found in the manifest.`);

for (const { route, size } of routes) console.log(`${size.toFixed(1).padStart(8)} kB  ${route}`);
console.log(
  `${total(loadedBy(entry)).toFixed(1).padStart(8)} kB  of it for all; limit ${LIMIT_KB} kB for each`,
);
const [largest] = routes;
if (largest.size > LIMIT_KB) throw new Error(`The JavaScript of ${largest.route} is over its limit.`);
if (loadedBy(entry).some((file) => readFileSync(`dist/${file}`, "utf8").includes("ZodError")))
  throw new Error(
    "zod is in the first load of all pages: import schemas only from lazily loaded components.",
  );
