import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Skeleton } from "@/components/ui/skeleton";
import { settingsQuery } from "../api";
import { ConfigurationSection } from "./configuration-section";
import { SettingsForm } from "./settings-form";

export function SettingsPage() {
  const settings = useQuery(settingsQuery());
  return (
    <>
      <PageHeader
        title="Settings"
        meta="They act at once, without a restart."
        actions={
          <Link to="/first-steps" search={{}} className={buttonClass()}>
            <ListChecks aria-hidden />
            First steps
          </Link>
        }
      />
      {settings.isError ? (
        <ErrorState
          title="The settings could not be loaded"
          error={settings.error}
          onRetry={() => settings.refetch()}
        />
      ) : settings.isPending ? (
        <div role="status" aria-label="Loading settings">
          <Skeleton className="h-64" />
        </div>
      ) : (
        <SettingsForm settings={settings.data} />
      )}
      <ConfigurationSection />
    </>
  );
}
