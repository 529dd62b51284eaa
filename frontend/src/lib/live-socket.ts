export type SocketState = "connecting" | "open" | "offline";

interface LiveSocketOptions {
  /** Asked for anew at each attempt, so that it can say what was seen last. */
  path: () => string;
  onMessage: (message: unknown) => void;
  onState?: (state: SocketState) => void;
  onSignedOut?: () => void;
  /** Without any message for this long the line counts as dead (a laptop that slept, a proxy that forgot us). */
  silenceMs?: number;
}

/** The code a socket is closed with when nobody is signed in (any more). */
const UNAUTHENTICATED = 4401;
const FIRST_DELAY = 500;
const MAX_DELAY = 15_000;

/** A WebSocket that comes back by itself. `close()` ends it for good. */
export class LiveSocket {
  #options: LiveSocketOptions;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    window.addEventListener("online", this.#reconnectNow);
    this.#connect();
  }

  close() {
    this.#closed = true;
    window.removeEventListener("online", this.#reconnectNow);
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#socket?.close(1000);
  }

  #connect() {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#setState(this.#attempt === 0 ? "connecting" : "offline");
    const socket = new WebSocket(socketUrl(this.#options.path()));
    this.#socket = socket;
    socket.onopen = () => {
      this.#attempt = 0;
      this.#setState("open");
      this.#watchSilence();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.#closed) return;
      this.#watchSilence();
      this.#options.onMessage(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (this.#closed || this.#socket !== socket) return;
      clearTimeout(this.#silence);
      if (event.code === UNAUTHENTICATED) this.#options.onSignedOut?.();
      this.#attempt += 1;
      this.#setState("offline");
      this.#retry = setTimeout(() => this.#connect(), backoff(this.#attempt));
    };
  }

  #reconnectNow = () => {
    if (this.#socket?.readyState === WebSocket.OPEN) return;
    this.#abandon();
    this.#connect();
  };

  #watchSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#abandon();
      this.#attempt += 1;
      this.#connect();
    }, this.#options.silenceMs ?? 75_000);
  }

  /** A dead line may take minutes to close: don't wait for it. */
  #abandon() {
    const old = this.#socket;
    this.#socket = null;
    old?.close();
  }

  #setState(state: SocketState) {
    this.#options.onState?.(state);
  }
}

function socketUrl(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.toString();
}

function backoff(attempt: number): number {
  const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (attempt - 1));
  return ceiling * (0.5 + Math.random() / 2);
}
