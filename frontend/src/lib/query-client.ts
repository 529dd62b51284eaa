import { QueryClient } from "@tanstack/react-query";
import { isWorthRetrying } from "./api-error";

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The server may stand beside this device: a browser that thinks it is offline asks nevertheless.
        networkMode: "always",
        // Live events say when something changed; this only covers what they missed.
        staleTime: 15_000,
        retry: (failures, error) => failures < 2 && isWorthRetrying(error),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
