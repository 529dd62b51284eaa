import type {
  EventType,
  NotificationChannelInput,
  NotificationChannelView,
  NotificationEventView,
  NotificationTestInput,
} from "@/client";
import { ApiError } from "@/lib/api-error";
import { type ChannelValues, hasSigningSecret, newChannel } from "./channel-schema";

type SettingsInput = NotificationChannelInput["settings"];

export function toValues(saved: NotificationChannelView, events: NotificationEventView[]): ChannelValues {
  const { settings } = saved;
  const mail =
    settings.kind === "email"
      ? {
          host: settings.host,
          port: settings.port,
          security: settings.security,
          username: settings.username ?? "",
          sender: settings.sender,
          recipients: settings.recipients.join("\n"),
          caCertificate: settings.caCertificate ?? "",
        }
      : {};
  return {
    ...newChannel(events),
    ...mail,
    name: saved.name,
    kind: settings.kind,
    sign: hasSigningSecret(saved),
    events: saved.events,
    allDatabases: saved.databaseIds === null,
    databaseIds: saved.databaseIds ?? [],
    failureThreshold: saved.failureThreshold,
    recovery: saved.recovery,
    enabled: saved.enabled,
  };
}

/** The whole channel; secrets left empty stay as they are stored. */
export function toInput(values: ChannelValues, saved?: NotificationChannelView): NotificationChannelInput {
  return {
    name: values.name,
    settings: toSettings(values, saved),
    events: values.events as EventType[],
    databaseIds: values.allDatabases ? null : values.databaseIds,
    failureThreshold: values.failureThreshold,
    recovery: values.recovery,
    enabled: values.enabled,
  };
}

export function toTest(values: ChannelValues, saved?: NotificationChannelView): NotificationTestInput {
  return { settings: toSettings(values, saved), ...(saved ? { channelId: saved.id } : {}) };
}

/** The API names fields of the settings with their path; the form knows them without. */
export function withoutPath(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const details = error.details.map(({ field, message }) => ({
    field: field.replace(/^settings\./, "").replace(/\[\d+\]$/, ""),
    message,
  }));
  return new ApiError(error.code, error.message, error.status, details);
}

function toSettings(values: ChannelValues, saved: NotificationChannelView | undefined): SettingsInput {
  if (values.kind === "email") {
    const stored = saved?.settings.kind === "email" && saved.settings.hasPassword;
    return {
      kind: "email",
      host: values.host,
      port: values.port,
      security: values.security,
      username: values.username || null,
      sender: values.sender,
      recipients: values.recipients.split(/[\s,;]+/).filter(Boolean),
      caCertificate: values.caCertificate || null,
      ...(values.password ? { password: values.password } : {}),
      // Without a user name a stored password has no use any more.
      ...(stored && !values.username ? { password: null } : {}),
    };
  }
  const url = values.url ? { url: values.url } : {};
  if (values.kind !== "webhook") return { kind: values.kind, ...url };
  const secret = values.sign
    ? values.signingSecret
      ? { signingSecret: values.signingSecret }
      : {}
    : { signingSecret: null };
  return { kind: "webhook", ...url, ...secret };
}
