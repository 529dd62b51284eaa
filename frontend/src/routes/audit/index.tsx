import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { AuditPage } from "@/features/audit/components/audit-page";
import { parseAuditSearch } from "@/features/audit/search";

export const Route = createFileRoute("/audit/")({ validateSearch: parseAuditSearch, component: Audit });

function Audit() {
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <Gate to="system.configure" title="Audit log">
      <AuditPage search={search} onSearch={(next) => void navigate({ search: next })} />
    </Gate>
  );
}
