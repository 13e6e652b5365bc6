import { color } from "src/components/charts/tones";

interface AxesProps {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: readonly { readonly text: string; readonly x: number }[];
  readonly y: readonly { readonly text: string; readonly y: number }[];
}

/** Lines behind a chart with their values: across for `y`, and below it those of `x`. */
export function Axes({ left, right, bottom, x, y }: AxesProps) {
  return (
    <g aria-hidden="true">
      {y.map((tick) => (
        <g key={tick.text}>
          <line stroke={color("border.muted")} x1={left} x2={right} y1={tick.y} y2={tick.y} />
          <text
            dominantBaseline="middle"
            fill={color("fg.muted")}
            style={{ fontSize: "10px" }}
            textAnchor="end"
            x={left - 6}
            y={tick.y}
          >
            {tick.text}
          </text>
        </g>
      ))}
      {x.map((tick) => (
        <text
          fill={color("fg.muted")}
          style={{ fontSize: "10px" }}
          key={tick.text}
          textAnchor="middle"
          x={Math.min(tick.x, right + 14 - tick.text.length * 3)}
          y={bottom + 16}
        >
          {tick.text}
        </text>
      ))}
    </g>
  );
}
