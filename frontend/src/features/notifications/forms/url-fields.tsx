import type { UseFormReturn } from "react-hook-form";
import type { NotificationChannelView } from "@/client";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { ChannelKind } from "../kinds";
import type { ChannelValues } from "./channel-schema";

type UrlKind = Exclude<ChannelKind, "email">;

const WORDS: Record<UrlKind, { label: string; placeholder: string; hint: string }> = {
  webhook: {
    label: "URL",
    placeholder: "https://hooks.example.com/backups",
    hint: "Each message is a POST with JSON.",
  },
  slack: {
    label: "Webhook URL",
    placeholder: "https://hooks.slack.com/services/…",
    hint: "In Slack: your app, “Incoming Webhooks”.",
  },
  discord: {
    label: "Webhook URL",
    placeholder: "https://discord.com/api/webhooks/…",
    hint: "In Discord: the channel's settings, “Integrations”.",
  },
  apprise: {
    label: "Apprise URL",
    placeholder: "tgram://bottoken/ChatID",
    hint: "Apprise's documents list the services and their URLs.",
  },
};

interface UrlFieldsProps {
  form: UseFormReturn<ChannelValues>;
  kind: UrlKind;
  saved?: NotificationChannelView;
}

/** The URL is the secret of these channels: it is stored encrypted and never shown again. */
export function UrlFields({ form, kind, saved }: UrlFieldsProps) {
  const words = WORDS[kind];
  return (
    <Field
      label={words.label}
      error={form.formState.errors.url?.message}
      hint={
        saved
          ? `Leave it empty to keep the stored one (${saved.target}).`
          : `${words.hint} Stored encrypted, never shown again.`
      }
    >
      {(control) => (
        <Input
          {...control}
          {...form.register("url")}
          spellCheck={false}
          autoComplete="off"
          placeholder={saved ? "••••••••" : words.placeholder}
        />
      )}
    </Field>
  );
}
