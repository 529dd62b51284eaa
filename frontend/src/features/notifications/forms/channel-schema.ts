import { z } from "zod";
import type { NotificationChannelView, NotificationEventView } from "@/client";
import { KIND_NAMES } from "../kinds";

const needs = {
  url: "Enter the URL that messages are sent to.",
  host: "Enter the name of the mail server.",
  sender: "Enter the address that mail comes from.",
  recipients: "Enter at least one address.",
};

/** What the form asks for: one flat set, of which each kind of channel shows its own part. */
export function channelSchema(saved: NotificationChannelView | undefined) {
  return z
    .object({
      name: z.string().trim().min(1, "Enter a name.").max(200, "At most 200 characters."),
      kind: z.enum(KIND_NAMES),
      url: z.string().trim(),
      sign: z.boolean(),
      signingSecret: z.string().trim(),
      host: z.string().trim(),
      port: z.coerce.number<number>().int().min(1, "From 1 to 65535.").max(65_535, "From 1 to 65535."),
      security: z.enum(["starttls", "tls", "none"]),
      username: z.string().trim(),
      password: z.string(),
      sender: z.string().trim(),
      recipients: z.string().trim(),
      caCertificate: z.string().trim(),
      events: z.array(z.string()),
      allDatabases: z.boolean(),
      databaseIds: z.array(z.string()),
      failureThreshold: z.coerce.number<number>().int().min(1, "From 1 to 100.").max(100, "From 1 to 100."),
      recovery: z.boolean(),
      enabled: z.boolean(),
    })
    .superRefine((values, context) => {
      const missing: (keyof typeof needs)[] =
        values.kind === "email" ? ["host", "sender", "recipients"] : saved ? [] : ["url"];
      for (const field of missing) {
        if (!values[field]) context.addIssue({ code: "custom", path: [field], message: needs[field] });
      }
      if (values.kind === "webhook" && values.sign && !values.signingSecret && !hasSigningSecret(saved)) {
        const message = "Generate a secret, or switch signing off.";
        context.addIssue({ code: "custom", path: ["signingSecret"], message });
      }
    });
}

export type ChannelValues = z.infer<ReturnType<typeof channelSchema>>;

/** A new channel tells of everything that went wrong. */
export function newChannel(events: NotificationEventView[]): ChannelValues {
  return {
    name: "",
    kind: "email",
    url: "",
    sign: true,
    signingSecret: "",
    host: "",
    port: 587,
    security: "starttls",
    username: "",
    password: "",
    sender: "",
    recipients: "",
    caCertificate: "",
    events: events.filter(({ severity }) => severity !== "info").map(({ type }) => type),
    allDatabases: true,
    databaseIds: [],
    failureThreshold: 1,
    recovery: true,
    enabled: true,
  };
}

export function hasSigningSecret(saved: NotificationChannelView | undefined): boolean {
  return saved?.settings.kind === "webhook" && saved.settings.hasSigningSecret;
}
