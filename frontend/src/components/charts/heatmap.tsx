export interface HeatDay {
  /** ISO date. */
  date: string;
  title: string;
  className: string;
}

const CELL = 12;

/** One square a day, a column a week from Monday on; the newest at the right. The classes set `fill`. */
export function Heatmap({ days }: { days: HeatDay[] }) {
  const lead = days[0] ? weekday(days[0].date) : 0;
  const weeks = Math.ceil((days.length + lead) / 7);
  return (
    <svg viewBox={`0 0 ${weeks * CELL} ${7 * CELL}`} className="w-full" role="presentation">
      {days.map((day, index) => (
        <rect
          key={day.date}
          x={Math.floor((index + lead) / 7) * CELL}
          y={((index + lead) % 7) * CELL}
          width={CELL - 2}
          height={CELL - 2}
          rx={2}
          className={day.className}
        >
          <title>{day.title}</title>
        </rect>
      ))}
    </svg>
  );
}

/** 0 is Monday. */
function weekday(date: string): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}
