import { createFileRoute } from "@tanstack/react-router";
import { Gate } from "@/components/access/gate";
import { NewS3Page } from "@/features/s3/components/new-s3-page";

export const Route = createFileRoute("/s3-configs/new")({ component: Gated });

function Gated() {
  return (
    <Gate to="system.configure" title="Add S3 storage">
      <NewS3Page />
    </Gate>
  );
}
