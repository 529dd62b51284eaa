import { createFileRoute } from "@tanstack/react-router";
import { PoliciesPage } from "@/features/retention/components/policies-page";

export const Route = createFileRoute("/retention-policies/")({ component: PoliciesPage });
