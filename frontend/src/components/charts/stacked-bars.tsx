export interface Bar {
  key: string;
  /** Shown on hover. */
  title: string;
  /** From the ground up. */
  parts: { value: number; className: string }[];
}

const HEIGHT = 80;

/** One bar a day; as wide as its place. The classes set `fill`. */
export function StackedBars({ bars }: { bars: Bar[] }) {
  const highest = Math.max(1, ...bars.map((bar) => sum(bar)));
  return (
    <svg
      viewBox={`0 0 ${bars.length * 10} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-20 w-full"
      role="presentation"
    >
      {bars.map((bar, index) => {
        let top = HEIGHT;
        return (
          <g key={bar.key} className="group">
            <title>{bar.title}</title>
            <rect
              x={index * 10}
              y={0}
              width={10}
              height={HEIGHT}
              className="fill-transparent group-hover:fill-ink/8"
            />
            <rect x={index * 10 + 1} y={HEIGHT - 1} width={8} height={1} className="fill-line" />
            {bar.parts.map((part) => {
              const height = (part.value / highest) * (HEIGHT - 2);
              top -= height;
              return (
                <rect
                  key={part.className}
                  x={index * 10 + 1}
                  y={top}
                  width={8}
                  height={height}
                  className={part.className}
                />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}

const sum = (bar: Bar) => bar.parts.reduce((total, part) => total + part.value, 0);
