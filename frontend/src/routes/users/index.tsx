import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { UsersPage } from "@/features/users/components/users-page";
import { sortOf } from "@/lib/search-values";

const SORTS = ["username", "role", "lastSignInAt"];

export const Route = createFileRoute("/users/")({
  validateSearch: (raw: Record<string, unknown>): { sort?: string } => ({ sort: sortOf(raw.sort, SORTS) }),
  component: Users,
});

function Users() {
  const { sort = "username" } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Gate to="system.configure" title="Users">
      <UsersPage sort={sort} onSort={(next) => void navigate({ search: { sort: next } })} />
    </Gate>
  );
}
