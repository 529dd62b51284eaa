import { createFileRoute } from "@tanstack/react-router";
import { NewS3Page } from "@/features/s3/components/new-s3-page";

export const Route = createFileRoute("/s3-configs/new")({ component: NewS3Page });
