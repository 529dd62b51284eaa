import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Tokens = Record<string, [number, number, number]>;

const CSS = readFileSync("src/index.css", "utf8");
const [usual = "", more = ""] = CSS.split("@media (prefers-contrast: more)");
const LIGHT = read(usual, ":root");
const DARK = { ...LIGHT, ...read(usual, ".dark") };
const THEMES: [string, Tokens, number][] = [
  ["light", LIGHT, 4.5],
  ["dark", DARK, 4.5],
  ["light, high contrast", { ...LIGHT, ...read(more, ":root") }, 7],
  ["dark, high contrast", { ...DARK, ...read(more, ".dark") }, 7],
];
const TEXTS = ["ink", "ink-soft", "ink-faint", "accent", "ok", "warn", "bad"];
const PAIRS = [
  ...TEXTS.flatMap((text) => ["bg", "surface", "sunken"].map((ground) => [text, ground])),
  ...["accent", "ok", "warn", "bad"].map((tone) => [tone, `${tone}-soft`]),
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["on-bad", "bad"],
] as [string, string][];

it.each(THEMES)("has text that can be read: %s", (_name, tokens, least) => {
  const weak = PAIRS.map(([text, ground]) => ({ text, ground, ratio: ratio(tokens, text, ground) })).filter(
    (pair) => pair.ratio < least,
  );
  expect(weak).toEqual([]);
});

it.each(THEMES)("has edges of fields that can be seen: %s", (_name, tokens) => {
  for (const ground of ["bg", "surface"]) expect(ratio(tokens, "line-input", ground)).toBeGreaterThan(3);
});

function read(css: string, selector: string): Tokens {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  const found = block.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ?([\d.]*)\)/g);
  return Object.fromEntries(
    [...found].map(([, name, l, c, h]) => [name, [Number(l), Number(c), Number(h || 0)]]),
  );
}

function ratio(tokens: Tokens, text: string, ground: string): number {
  const [a, b] = [luminance(tokens[text]), luminance(tokens[ground])];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Relative luminance of an oklch colour, as WCAG reckons it. */
function luminance(color: [number, number, number] | undefined): number {
  if (!color) throw new Error("No such token");
  const [l, c, degrees] = color;
  const [a, b] = [c * Math.cos((degrees * Math.PI) / 180), c * Math.sin((degrees * Math.PI) / 180)];
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ];
  const linear = [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ].map((channel) => Math.min(1, Math.max(0, channel)));
  return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
}
