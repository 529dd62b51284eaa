import { createFileRoute } from "@tanstack/react-router";
import { S3ConfigsPage } from "@/features/s3/components/s3-configs-page";
import { s3ConfigsQuery, statusQuery } from "@/lib/queries";
import { ready } from "@/lib/ready";

export const Route = createFileRoute("/s3-configs/")({
  loader: ({ context }) => ready(context.queryClient, s3ConfigsQuery(), statusQuery()),
  component: S3ConfigsPage,
});
