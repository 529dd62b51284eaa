import type { ErrorEnvelope } from "@/client";
import { client } from "@/client/client.gen";
import { ApiError } from "./api-error";

// The header is what foreign pages cannot send: a change signed in by a cookie needs it.
client.setConfig({ baseUrl: window.location.origin, headers: { "X-Requested-With": "page" } });

interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response?: Response;
}

export interface Page<Item> {
  items: Item[];
  page: number;
  limit: number;
  total: number;
}

interface PageBody<Item> {
  data: Item[];
  meta: { page: number | null; limit: number | null; total: number | null };
}

/** What the API answered, without its envelope. Throws `ApiError`. */
export async function ask<Data>(request: Promise<Answer<{ data: Data }>>): Promise<Data> {
  return (await settle(request)).data;
}

/** One page of a list. Throws `ApiError`. */
export async function askPage<Item>(request: Promise<Answer<PageBody<Item>>>): Promise<Page<Item>> {
  const { data, meta } = await settle(request);
  return {
    items: data,
    page: meta.page ?? 1,
    limit: meta.limit ?? data.length,
    total: meta.total ?? data.length,
  };
}

/** Plain text, which comes without an envelope. Throws `ApiError`. */
export const askText = (request: Promise<Answer<string>>): Promise<string> => settle(request);

/** A file, which comes without an envelope. Throws `ApiError`. */
export const askFile = (request: Promise<Answer<unknown>>): Promise<Blob> => settle(request) as Promise<Blob>;

async function settle<Body>(request: Promise<Answer<Body>>): Promise<Body> {
  const answer = await request;
  if (answer.data !== undefined && answer.error === undefined) return answer.data;
  throw toApiError(answer.error, answer.response);
}

function toApiError(body: unknown, response: Response | undefined): ApiError {
  if (!response) {
    return new ApiError(
      "NETWORK",
      "The server does not answer. Check that the container runs and that this device is connected.",
      0,
    );
  }
  if (isErrorEnvelope(body)) {
    return new ApiError(body.error.code, body.error.message, response.status, body.error.details);
  }
  return new ApiError(
    "UNEXPECTED",
    `The server answered ${response.status} without saying why. A proxy in front of it may be the cause; its log and the container's log tell more.`,
    response.status,
  );
}

function isErrorEnvelope(body: unknown): body is ErrorEnvelope {
  return typeof body === "object" && body !== null && "error" in body && Boolean(body.error);
}
