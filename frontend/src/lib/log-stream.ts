import { useEffect, useRef, useState } from "react";
import type { LogLine, LogMessage } from "@/client";
import { LiveSocket, type SocketState } from "./live-socket";

export interface LogStream {
  lines: LogLine[];
  state: SocketState;
  /** The execution is over and every line has come. */
  ended: boolean;
}

const EMPTY: LogStream = { lines: [], state: "connecting", ended: false };

/** The whole log of one execution: history, then live; after a break it goes on where it stopped. */
export function useLogStream(executionId: string): LogStream {
  const [stream, setStream] = useState<LogStream>(EMPTY);
  const pending = useRef<LogLine[]>([]);

  useEffect(() => {
    let lastSeq = 0;
    let frame = 0;
    setStream(EMPTY);
    pending.current = [];

    // A restore of ten thousand tables logs faster than React renders: once a frame is enough.
    const flush = () => {
      frame = 0;
      const added = pending.current;
      pending.current = [];
      if (added.length > 0) setStream((old) => ({ ...old, lines: old.lines.concat(added) }));
    };

    const receive = (message: LogMessage) => {
      if (message.type === "lines") {
        const fresh = message.lines.filter((line) => line.seq > lastSeq);
        const last = fresh.at(-1);
        if (!last) return;
        lastSeq = last.seq;
        pending.current.push(...fresh);
        frame ||= requestAnimationFrame(flush);
      } else {
        flush();
        setStream((old) => ({ ...old, ended: true }));
        socket.close();
      }
    };

    const socket = new LiveSocket({
      path: () => `/api/ws/executions/${executionId}/logs?after=${lastSeq}`,
      // Between two lines of a long index build nothing comes; the events socket notices a dead network sooner.
      silenceMs: 300_000,
      onMessage: (message) => receive(message as LogMessage),
      onState: (state) => setStream((old) => ({ ...old, state })),
    });
    return () => {
      cancelAnimationFrame(frame);
      socket.close();
    };
  }, [executionId]);

  return stream;
}
