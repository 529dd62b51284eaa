import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell, Plus } from "lucide-react";
import { ErrorState } from "@/components/layout/error-state";
import { PageHeader } from "@/components/layout/page-header";
import { buttonClass } from "@/components/ui/button-class";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { channelsQuery } from "../api";
import type { NotificationsSearch } from "../search";
import { ChannelCard } from "./channel-card";
import { DeliveriesSection } from "./deliveries-section";

interface NotificationsPageProps {
  search: NotificationsSearch;
  onSearch: (search: NotificationsSearch) => void;
}

export function NotificationsPage({ search, onSearch }: NotificationsPageProps) {
  const channels = useQuery(channelsQuery());
  const add = (
    <Link to="/notifications/new" className={buttonClass({ variant: "primary" })}>
      <Plus aria-hidden />
      Add a channel
    </Link>
  );
  return (
    <>
      <PageHeader
        title="Notifications"
        meta="Who is told when a backup fails, does not come, or works again."
        actions={channels.data?.length ? add : undefined}
      />
      <div className="space-y-4">
        {channels.isError ? (
          <ErrorState
            title="The channels could not be loaded"
            error={channels.error}
            onRetry={() => channels.refetch()}
          />
        ) : channels.isPending ? (
          <div role="status" aria-label="Loading channels">
            <Skeleton className="h-28" />
          </div>
        ) : channels.data.length === 0 ? (
          <Empty icon={Bell} title="Nobody is told yet" actions={add}>
            A backup that fails at night is worth nothing when nobody hears of it. Add an email address, a
            chat or a webhook, and send a test message.
          </Empty>
        ) : (
          channels.data.map((channel) => <ChannelCard key={channel.id} channel={channel} />)
        )}
        <DeliveriesSection channels={channels.data ?? []} search={search} onSearch={onSearch} />
      </div>
    </>
  );
}
