import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createQueryClient } from "@/lib/query-client";
import { createAppRouter } from "@/router";

/** The whole page at an address, as a user opens it. */
export async function renderApp(path: string) {
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false, staleTime: 0 } });
  const router = createAppRouter(queries, createMemoryHistory({ initialEntries: [path] }));
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  await screen.findByRole("heading", { level: 1 });
  return { user, router, queries };
}
