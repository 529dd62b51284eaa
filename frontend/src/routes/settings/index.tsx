import { createFileRoute } from "@tanstack/react-router";
import { settingsQuery } from "@/features/settings/api";
import { SettingsPage } from "@/features/settings/components/settings-page";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/settings/")({
  loader: ({ context }) => ready(context.queryClient, settingsQuery()),
  component: SettingsPage,
});
