import { readFileSync } from "node:fs";
import type { FileRouteTypes } from "../src/routeTree.gen";
import type { Showcase } from "./stack";

export type RoutePath = FileRouteTypes["to"];

/** Where to go to see each route with real data. A route without a line here does not compile, and fails the walk. */
export const VISITS: Record<RoutePath, (ids: Showcase["ids"]) => string> = {
  "/": () => "/",
  "/account": () => "/account",
  "/api-keys": () => "/api-keys",
  "/audit": () => "/audit",
  "/backups": () => "/backups",
  "/backups/$id": ({ backup }) => `/backups/${backup}`,
  "/databases": () => "/databases",
  "/databases/$id": ({ database }) => `/databases/${database}`,
  "/databases/$id/edit": ({ database }) => `/databases/${database}/edit`,
  "/databases/discover": () => "/databases/discover",
  "/databases/new": () => "/databases/new",
  "/encryption-keys": () => "/encryption-keys",
  "/first-steps": () => "/first-steps",
  "/logs": () => "/logs",
  "/notifications": () => "/notifications",
  "/notifications/$id/edit": ({ channel }) => `/notifications/${channel}/edit`,
  "/notifications/new": () => "/notifications/new",
  "/restore/new": ({ backup }) => `/restore/new?backup=${backup}`,
  "/restores": () => "/restores",
  "/restores/$id": ({ restore }) => `/restores/${restore}`,
  "/retention-policies": () => "/retention-policies",
  "/retention-policies/$id/edit": ({ policy }) => `/retention-policies/${policy}/edit`,
  "/retention-policies/new": () => "/retention-policies/new",
  "/s3-configs": () => "/s3-configs",
  "/s3-configs/$id/edit": ({ bucket }) => `/s3-configs/${bucket}/edit`,
  "/s3-configs/new": () => "/s3-configs/new",
  "/schedules": () => "/schedules",
  "/schedules/$id/edit": ({ schedule }) => `/schedules/${schedule}/edit`,
  "/schedules/new": ({ database }) => `/schedules/new?databaseId=${database}`,
  "/settings": () => "/settings",
  "/sign-in": () => "/sign-in",
  "/sign-in/callback": () => "/sign-in/callback?error=access_denied&state=x",
  "/users": () => "/users",
};

/** The routes of the generated tree, read from its text: importing it would bring the whole page along. */
export function routesOfTheTree(): string[] {
  const tree = readFileSync(new URL("../src/routeTree.gen.ts", import.meta.url), "utf8");
  const union = /^ {2}to:\n((?: {4}\| "[^"]+"\n)+)/m.exec(tree)?.[1] ?? "";
  return [...union.matchAll(/"([^"]+)"/g)].map((match) => String(match[1])).sort();
}

/** A name that a file may have. */
export function fileName(path: string): string {
  return path === "/" ? "overview" : path.slice(1).replaceAll("/", "-").replaceAll("$", "");
}
