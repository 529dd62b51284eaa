import { useEffect, useRef, useState } from "react";
import { getBackupLogs, getRestoreLogs, getVerificationLogs, type LogLine, type LogMessage } from "@/client";
import { ask } from "./api";
import { LiveSocket, type SocketState } from "./live-socket";

export interface LogStream {
  lines: LogLine[];
  /** `polling`: the live connection is down, and the lines are asked for instead. */
  state: SocketState | "polling";
  /** The execution is over and every line has come. */
  ended: boolean;
}

interface LogSource {
  kind: "backup" | "restore" | "verify";
  id: string;
  /** The run is over, as far as is known without its log. */
  over: boolean;
}

const EMPTY: LogStream = { lines: [], state: "connecting", ended: false };
const POLL_MS = 2_000;
const POLL_LIMIT = 1_000;
const LONG = 5_000;
const CALM_MS = 150;

/** The whole log of one execution: history, then live; after a break it goes on where it stopped. */
export function useLogStream({ kind, id, over }: LogSource): LogStream {
  const [stream, setStream] = useState<LogStream>(EMPTY);
  const isOver = useRef(over);
  isOver.current = over;

  useEffect(() => {
    let lastSeq = 0;
    let frame = 0;
    let pending: LogLine[] = [];
    let poll: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    setStream(EMPTY);

    // A restore of ten thousand tables logs faster than React renders: once a frame is enough, and of a long
    // history, which is laid out anew each time, a few times a second.
    const flush = () => {
      frame = 0;
      const added = pending;
      pending = [];
      if (added.length > 0 && !gone) setStream((old) => ({ ...old, lines: old.lines.concat(added) }));
    };

    /** Whichever way lines come, each is taken once: `seq` grows by one. */
    const take = (lines: LogLine[]) => {
      const fresh = lines.filter((line) => line.seq > lastSeq);
      const last = fresh.at(-1);
      if (!last) return;
      lastSeq = last.seq;
      pending.push(...fresh);
      frame ||= requestAnimationFrame(lastSeq > LONG ? () => setTimeout(flush, CALM_MS) : flush);
    };

    const end = () => {
      cancelAnimationFrame(frame);
      flush();
      setStream((old) => ({ ...old, ended: true }));
      clearTimeout(poll);
      poll = undefined;
      socket.close();
    };

    const askAgain = async () => {
      const wasOver = isOver.current;
      try {
        const lines = await readLines(kind, id, lastSeq);
        if (gone || poll === undefined) return;
        take(lines);
        setStream((old) => (old.state === "open" ? old : { ...old, state: "polling" }));
        if (lines.length === 0 && wasOver) return end();
        poll = setTimeout(askAgain, lines.length === POLL_LIMIT ? 0 : POLL_MS);
      } catch {
        if (gone || poll === undefined) return;
        setStream((old) => (old.state === "polling" ? { ...old, state: "offline" } : old));
        poll = setTimeout(askAgain, POLL_MS);
      }
    };

    const socket = new LiveSocket({
      path: () => `/api/ws/executions/${id}/logs?after=${lastSeq}`,
      // Between two lines of a long index build nothing comes; the events socket notices a dead network sooner.
      silenceMs: 300_000,
      onMessage: (message) => {
        const said = message as LogMessage;
        if (said.type === "lines") take(said.lines);
        else end();
      },
      onState: (state) => {
        if (state === "offline") poll ??= setTimeout(askAgain, POLL_MS);
        if (state === "open") {
          clearTimeout(poll);
          poll = undefined;
        }
        setStream((old) => (state === "offline" && old.state === "polling" ? old : { ...old, state }));
      },
    });
    return () => {
      gone = true;
      cancelAnimationFrame(frame);
      clearTimeout(poll);
      socket.close();
    };
  }, [kind, id]);

  return stream;
}

function readLines(kind: LogSource["kind"], id: string, after: number): Promise<LogLine[]> {
  const query = { after, limit: POLL_LIMIT };
  if (kind === "backup") return ask(getBackupLogs({ path: { backup_id: id }, query }));
  if (kind === "restore") return ask(getRestoreLogs({ path: { restore_id: id }, query }));
  return ask(getVerificationLogs({ path: { verification_id: id }, query }));
}
