import { Badge, type BadgeProps } from "@chakra-ui/react";
import type { ReactNode } from "react";
import type { IconType } from "react-icons";
import {
  FiAlertCircle,
  FiAlertOctagon,
  FiAlertTriangle,
  FiCheckCircle,
  FiClock,
  FiHelpCircle,
  FiInfo,
  FiMinusCircle,
  FiXCircle,
} from "react-icons/fi";

/** What a state means to whoever reads it, whatever it is called. */
export type Tone = "good" | "bad" | "warning" | "unsure" | "waiting" | "neutral" | "info";

const TONES: Record<Tone, { palette: BadgeProps["colorPalette"]; Icon: IconType }> = {
  bad: { Icon: FiXCircle, palette: "red" },
  good: { Icon: FiCheckCircle, palette: "green" },
  info: { Icon: FiInfo, palette: "blue" },
  neutral: { Icon: FiMinusCircle, palette: "gray" },
  unsure: { Icon: FiHelpCircle, palette: "purple" },
  waiting: { Icon: FiClock, palette: "blue" },
  warning: { Icon: FiAlertTriangle, palette: "orange" },
};

interface StateProps {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly Icon?: IconType;
  readonly title?: string;
}

/** A state as icon, word and colour. */
export function State({ tone, children, Icon = TONES[tone].Icon, title }: StateProps) {
  return (
    <Badge
      colorPalette={TONES[tone].palette}
      title={title}
      variant="subtle"
      whiteSpace="nowrap"
      width="fit-content"
    >
      <Icon aria-hidden="true" /> {children}
    </Badge>
  );
}

const VERDICTS: Record<string, Tone> = {
  failed: "bad",
  insufficient: "unsure",
  passed: "good",
  warned: "warning",
};

export const verdictTone = (verdict: string): Tone => VERDICTS[verdict.toLowerCase()] ?? "neutral";

/** PASSED, WARNED, FAILED or INSUFFICIENT. */
export function VerdictBadge({ verdict }: { readonly verdict: string }) {
  return <State tone={verdictTone(verdict)}>{sentence(verdict)}</State>;
}

const SEVERITIES: Record<string, { tone: Tone; Icon: IconType }> = {
  critical: { Icon: FiAlertOctagon, tone: "bad" },
  high: { Icon: FiAlertTriangle, tone: "bad" },
  low: { Icon: FiInfo, tone: "neutral" },
  medium: { Icon: FiAlertCircle, tone: "warning" },
};

export function SeverityBadge({ severity }: { readonly severity: string }) {
  const { tone, Icon } = SEVERITIES[severity.toLowerCase()] ?? { Icon: FiInfo, tone: "neutral" };
  return (
    <State Icon={Icon} tone={tone}>
      {sentence(severity)}
    </State>
  );
}

/** `awaiting_input` as "Awaiting input". */
export function sentence(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
