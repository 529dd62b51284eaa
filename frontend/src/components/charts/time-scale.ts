const HOUR = 3_600_000;
const TICKS = [
  { hours: 1, label: "1 h" },
  { hours: 24, label: "1 day" },
  { hours: 24 * 7, label: "1 week" },
  { hours: 24 * 30.4, label: "1 month" },
  { hours: 24 * 365.25, label: "1 year" },
];

export interface Scale {
  /** 0 is the oldest end, 1 is now. */
  place: (at: string) => number;
  ticks: { place: number; label: string }[];
}

/** A scale on which the last day has as much room as the months before it: there most of what is kept lies. */
export function makeScale(now: string, times: string[]): Scale {
  const end = new Date(now).getTime();
  const age = (at: string) => Math.max(0, (end - new Date(at).getTime()) / HOUR);
  const oldest = Math.max(24, ...times.map(age));
  const at = (hours: number) => 1 - Math.log1p(hours) / Math.log1p(oldest * 1.1);
  return {
    place: (time) => at(age(time)),
    ticks: [
      { place: 1, label: "now" },
      ...TICKS.filter((tick) => tick.hours < oldest).map(({ hours, label }) => ({ place: at(hours), label })),
    ],
  };
}
