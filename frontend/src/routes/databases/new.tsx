import { createFileRoute } from "@tanstack/react-router";
import { NewDatabasePage } from "@/features/databases/components/new-database-page";

export const Route = createFileRoute("/databases/new")({ component: NewDatabasePage });
