import { createFileRoute } from "@tanstack/react-router";
import { PoliciesPage } from "@/features/retention/components/policies-page";
import { retentionPoliciesQuery, statusQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/retention-policies/")({
  loader: ({ context }) => ready(context.queryClient, retentionPoliciesQuery(), statusQuery()),
  component: PoliciesPage,
});
