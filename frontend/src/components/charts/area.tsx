interface AreaProps {
  points: { key: string; title: string; value: number }[];
}

const HEIGHT = 80;
const STEP = 10;

/** A filled line from the first value to the last, for what grows and shrinks. */
export function Area({ points }: AreaProps) {
  const highest = Math.max(1, ...points.map((point) => point.value));
  const width = Math.max(1, points.length) * STEP;
  const y = (value: number) => HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
  const line = points.map((point, index) => `${index * STEP + STEP / 2},${y(point.value).toFixed(1)}`);
  const first = y(points[0]?.value ?? 0).toFixed(1);
  const last = y(points.at(-1)?.value ?? 0).toFixed(1);
  const whole = `0,${first} ${line.join(" ")} ${width},${last}`;
  return (
    <svg
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-20 w-full"
      role="presentation"
    >
      <polygon points={`0,${HEIGHT} ${whole} ${width},${HEIGHT}`} className="fill-accent-soft" />
      <polyline
        points={whole}
        className="fill-none stroke-accent"
        strokeWidth={2}
        vectorEffect="non-scaling-stroke"
      />
      {points.map((point, index) => (
        <rect
          key={point.key}
          x={index * STEP}
          y={0}
          width={STEP}
          height={HEIGHT}
          className="fill-transparent hover:fill-ink/8"
        >
          <title>{point.title}</title>
        </rect>
      ))}
    </svg>
  );
}
