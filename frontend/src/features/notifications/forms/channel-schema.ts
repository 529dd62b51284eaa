import * as z from "zod/mini";
import type { NotificationChannelView, NotificationEventView } from "@/client";
import { KIND_NAMES } from "../kinds";

const needs = {
  url: "Enter the URL that messages are sent to.",
  host: "Enter the name of the mail server.",
  sender: "Enter the address that mail comes from.",
  recipients: "Enter at least one address.",
};

function whole(low: number, high: number) {
  const error = `A whole number from ${low} to ${high}.`;
  return z.coerce.number<number>({ error }).check(z.int(error), z.gte(low, error), z.lte(high, error));
}

/** What the form asks for: one flat set, of which each kind of channel shows its own part. */
export function channelSchema(saved: NotificationChannelView | undefined) {
  return z
    .object({
      name: z
        .string()
        .check(z.trim(), z.minLength(1, "Enter a name."), z.maxLength(200, "At most 200 characters.")),
      kind: z.enum(KIND_NAMES),
      url: z.string().check(z.trim()),
      sign: z.boolean(),
      signingSecret: z.string().check(z.trim()),
      host: z.string().check(z.trim()),
      port: whole(1, 65_535),
      security: z.enum(["starttls", "tls", "none"]),
      username: z.string().check(z.trim()),
      password: z.string(),
      sender: z.string().check(z.trim()),
      recipients: z.string().check(z.trim()),
      caCertificate: z.string().check(z.trim()),
      events: z.array(z.string()),
      allDatabases: z.boolean(),
      databaseIds: z.array(z.string()),
      failureThreshold: whole(1, 100),
      recovery: z.boolean(),
      enabled: z.boolean(),
    })
    .check(
      z.superRefine((values, context) => {
        const missing: (keyof typeof needs)[] =
          values.kind === "email" ? ["host", "sender", "recipients"] : saved ? [] : ["url"];
        for (const field of missing) {
          if (!values[field]) context.addIssue({ code: "custom", path: [field], message: needs[field] });
        }
        if (values.kind === "webhook" && values.sign && !values.signingSecret && !hasSigningSecret(saved)) {
          const message = "Generate a secret, or switch signing off.";
          context.addIssue({ code: "custom", path: ["signingSecret"], message });
        }
      }),
    );
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
