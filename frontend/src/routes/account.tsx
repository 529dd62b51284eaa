import { createFileRoute } from "@tanstack/react-router";
import { secondFactorQuery, sessionsQuery } from "@/features/account/api";
import { AccountPage } from "@/features/account/components/account-page";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/account")({
  loader: ({ context }) => ready(context.queryClient, sessionsQuery(), secondFactorQuery()),
  component: AccountPage,
});
