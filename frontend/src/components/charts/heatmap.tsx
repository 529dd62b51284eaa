export interface HeatDay {
  /** ISO date. */
  date: string;
  title: string;
  className: string;
  /** Something went wrong: told by a sign, too, not by its colour alone. */
  marked?: boolean;
}

const CELL = 12;
const LEFT = 26;
const TOP = 14;
const NAMED = ["Mon", "", "Wed", "", "Fri", "", ""];

/** One square a day, a column a week from Monday on; the newest at the right. The classes set `fill`. */
export function Heatmap({ days }: { days: HeatDay[] }) {
  const lead = days[0] ? weekday(days[0].date) : 0;
  const weeks = Math.ceil((days.length + lead) / 7);
  return (
    <svg
      viewBox={`0 0 ${LEFT + weeks * CELL} ${TOP + 7 * CELL}`}
      className="mx-auto w-full"
      // A day is never drawn larger than is pleasant to look at.
      style={{ maxWidth: (LEFT + weeks * CELL) * 1.7, aspectRatio: (LEFT + weeks * CELL) / (TOP + 7 * CELL) }}
      role="presentation"
    >
      {NAMED.map((name, row) => (
        <text key={`${name}${row}`} x={0} y={TOP + row * CELL + 8.5} className="fill-ink-faint text-[8px]">
          {name}
        </text>
      ))}
      {monthStarts(days, lead).map(({ label, column }) => (
        <text key={label + column} x={LEFT + column * CELL} y={8} className="fill-ink-faint text-[8px]">
          {label}
        </text>
      ))}
      {days.map((day, index) => {
        const x = LEFT + Math.floor((index + lead) / 7) * CELL;
        const y = TOP + ((index + lead) % 7) * CELL;
        return (
          <g key={day.date}>
            <title>{day.title}</title>
            <rect x={x} y={y} width={CELL - 2} height={CELL - 2} rx={2} className={day.className} />
            {day.marked ? (
              <rect x={x + 2.5} y={y + 4.25} width={5} height={1.5} className="fill-surface" />
            ) : null}
          </g>
        );
      })}
    </svg>
  );
}

/** Where each month's first whole week stands; too close to the edge there is no room for its name. */
function monthStarts(days: HeatDay[], lead: number) {
  const weeks = Math.ceil((days.length + lead) / 7);
  return days.flatMap((day, index) => {
    const column = Math.ceil((index + lead) / 7);
    if (!day.date.endsWith("-01") || column > weeks - 2) return [];
    const label = new Date(`${day.date}T12:00:00Z`).toLocaleString("en-GB", {
      month: "short",
      timeZone: "UTC",
    });
    return [{ label: label.slice(0, 3), column }];
  });
}

/** 0 is Monday. */
function weekday(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}
