import { useNavigate } from "@tanstack/react-router";
import { BackLink } from "@/components/layout/back-link";
import { PageHeader } from "@/components/layout/page-header";
import { AddS3Config } from "./add-s3-config";

export function NewS3Page() {
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title="Add S3 storage" back={<BackLink to="/s3-configs">Storage</BackLink>} />
      <AddS3Config onAdded={() => navigate({ to: "/s3-configs" })} />
    </>
  );
}
