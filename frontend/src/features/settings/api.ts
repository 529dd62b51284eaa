import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { changeSettings, listSettings, type SettingView } from "@/client";
import { ask } from "@/lib/api";
import { keys } from "@/lib/queries";

export const settingsQuery = () =>
  queryOptions({ queryKey: keys.settings, queryFn: () => ask(listSettings()) });

/** Null sets a setting back to its default. All are changed, or none. */
export type SettingValues = Record<string, SettingView["value"] | null>;

export function useChangeSettings() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (values: SettingValues) => ask(changeSettings({ body: { values } })),
    onSuccess: (settings) => queries.setQueryData(keys.settings, settings),
  });
}
