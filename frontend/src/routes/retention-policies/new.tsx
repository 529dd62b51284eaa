import { createFileRoute } from "@tanstack/react-router";
import { NewPolicyPage } from "@/features/retention/components/new-policy-page";
import { databasesQuery, statusQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/retention-policies/new")({
  loader: ({ context }) => ready(context.queryClient, databasesQuery(), statusQuery()),
  component: NewPolicyPage,
});
