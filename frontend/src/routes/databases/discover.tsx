import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { DiscoverPage } from "@/features/databases/discovery/discover-page";

export const Route = createFileRoute("/databases/discover")({ component: Gated });

function Gated() {
  return (
    <Gate to="database.create" title="Discover databases">
      <DiscoverPage />
    </Gate>
  );
}
