import { useCallback, useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";

const KEY = "theme";
const QUERY = "(prefers-color-scheme: dark)";
const listeners = new Set<() => void>();

/** The user's choice (kept in this browser) and what it comes to now. `public/theme.js` does the same before the first paint. */
export function useTheme() {
  const choice = useSyncExternalStore(subscribe, readChoice);
  const resolved = useSyncExternalStore(subscribe, readResolved);
  const setChoice = useCallback((next: ThemeChoice) => {
    try {
      localStorage.setItem(KEY, next);
    } catch {
      memory = next;
    }
    notify();
  }, []);
  return { choice, resolved, setChoice };
}

let memory: ThemeChoice = "system";

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return memory;
  }
}

function readResolved(): "light" | "dark" {
  const choice = readChoice();
  if (choice !== "system") return choice;
  return matchMedia(QUERY).matches ? "dark" : "light";
}

function wear() {
  document.documentElement.classList.toggle("dark", readResolved() === "dark");
}

function notify() {
  wear();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // It may have changed between the first paint and now.
  wear();
  const media = matchMedia(QUERY);
  media.addEventListener("change", notify);
  window.addEventListener("storage", notify);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    media.removeEventListener("change", notify);
    window.removeEventListener("storage", notify);
  };
}
