import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { getAuthState, getMe, type Me } from "@/client";
import { ask } from "./api";
import { ApiError } from "./api-error";

export type Permission = Me["permissions"][number];
export type Role = Me["role"];

export const ROLES: { value: Role; label: string; hint: string }[] = [
  { value: "viewer", label: "Viewer", hint: "Sees everything but secrets; changes nothing" },
  {
    value: "operator",
    label: "Operator",
    hint: "Backs up, restores, downloads, adds databases and schedules",
  },
  {
    value: "admin",
    label: "Administrator",
    hint: "Everything: also deletes, and looks after users and settings",
  },
];

export const SIGN_IN = "/sign-in";

/** Where nobody is signed in yet, and needs not be. */
export const isAtTheDoor = (pathname: string): boolean =>
  pathname === SIGN_IN || pathname.startsWith(`${SIGN_IN}/`);

export const meQuery = () =>
  queryOptions({
    queryKey: ["me"],
    queryFn: () => ask(getMe()),
    staleTime: 60_000,
    retry: false,
  });

/** Whether there is a sign-in, and whether it is set up: known before anybody is signed in. */
export const authStateQuery = () =>
  queryOptions({ queryKey: ["auth-state"], queryFn: () => ask(getAuthState()), staleTime: 0 });

/** Who uses this page; undefined only while that could not be found out. */
export function useMe(): Me | undefined {
  return useQuery(meQuery()).data;
}

/** Whether the user's role allows something. The API decides; this only spares them a refusal. */
export function useMay(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** Where to go after the sign-in: an address of this page, nothing else. */
export function parseNext(value: unknown): string | undefined {
  const inside = typeof value === "string" && /^\/(?![/\\])/.test(value) && !value.startsWith(SIGN_IN);
  return inside ? value : undefined;
}

/** Calls back when any answer says that nobody is signed in (any more). Returns how to stop. */
export function watchSignedOut(queries: QueryClient, act: () => void): () => void {
  const stops = [
    queries.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && isSignedOut(event.action.error)) act();
    }),
    queries.getMutationCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && isSignedOut(event.action.error)) act();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
