import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { UsersPage } from "@/features/users/components/users-page";

export const Route = createFileRoute("/users/")({ component: Users });

function Users() {
  return (
    <Gate to="system.configure" title="Users">
      <UsersPage />
    </Gate>
  );
}
