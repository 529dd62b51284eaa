import { createFileRoute } from "@tanstack/react-router";
import { S3ConfigsPage } from "@/features/s3/components/s3-configs-page";

export const Route = createFileRoute("/s3-configs/")({ component: S3ConfigsPage });
