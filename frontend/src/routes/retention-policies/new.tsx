import { createFileRoute } from "@tanstack/react-router";
import { NewPolicyPage } from "@/features/retention/components/new-policy-page";

export const Route = createFileRoute("/retention-policies/new")({ component: NewPolicyPage });
