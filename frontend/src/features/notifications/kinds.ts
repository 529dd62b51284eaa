import { Hash, type LucideIcon, Mail, Megaphone, MessagesSquare, Webhook } from "lucide-react";
import type { NotificationChannelView } from "@/client";

export type ChannelKind = NotificationChannelView["settings"]["kind"];

interface KindWords {
  label: string;
  hint: string;
  icon: LucideIcon;
}

export const KINDS: Record<ChannelKind, KindWords> = {
  email: { label: "Email", hint: "By your own mail server (SMTP).", icon: Mail },
  webhook: { label: "Webhook", hint: "Signed JSON to a URL of yours.", icon: Webhook },
  slack: {
    label: "Slack",
    hint: "An incoming webhook; Mattermost and Rocket.Chat understand it, too.",
    icon: Hash,
  },
  discord: { label: "Discord", hint: "A webhook of a Discord channel.", icon: MessagesSquare },
  apprise: {
    label: "Another service",
    hint: "Telegram, Teams, ntfy, PagerDuty and some 170 more, by an Apprise URL.",
    icon: Megaphone,
  },
};

export const KIND_NAMES = Object.keys(KINDS) as ChannelKind[];
