import { keepPreviousData, queryOptions, useMutation } from "@tanstack/react-query";
import { type ListAuditEventsData, listAuditActions, listAuditEvents, verifyAuditLog } from "@/client";
import { ask, askPage } from "@/lib/api";

export type AuditQuery = NonNullable<ListAuditEventsData["query"]>;

export const auditQuery = (query: AuditQuery) =>
  queryOptions({
    queryKey: ["audit", "list", query],
    queryFn: () => askPage(listAuditEvents({ query })),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const auditActionsQuery = () =>
  queryOptions({ queryKey: ["audit", "actions"], queryFn: () => ask(listAuditActions()) });

export const useVerifyAudit = () => useMutation({ mutationFn: () => ask(verifyAuditLog()) });
