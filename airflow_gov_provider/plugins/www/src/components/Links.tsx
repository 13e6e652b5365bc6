import { Link, type LinkProps } from "@chakra-ui/react";
import type { ReactNode } from "react";
import { Link as RouterLink } from "react-router-dom";

import { airflowPath } from "src/components/paths";
import type { Scope } from "src/components/scope";

interface ToProps extends Omit<LinkProps, "href"> {
  readonly to: string;
  readonly children: ReactNode;
}

/** A link within Airflow's UI. */
export function To({ to, children, ...rest }: ToProps) {
  return (
    <Link asChild color="fg.info" {...rest}>
      <RouterLink to={to}>{children}</RouterLink>
    </Link>
  );
}

interface SubjectProps {
  readonly scope: Scope;
  /** Show only the last part: the task of a run that the page is about. */
  readonly short?: boolean;
}

/** What something is about, each part a link to Airflow's page of it. */
export function SubjectLinks({ scope, short = false }: SubjectProps) {
  const { dagId, runId, taskId, mapIndex } = scope;
  if (dagId === undefined) return <>–</>;
  const task = mapIndex === undefined ? taskId : `${taskId ?? ""}[${String(mapIndex)}]`;
  const parts: [string, string][] = [[dagId, airflowPath({ dagId })]];
  if (runId !== undefined) parts.push([runId, airflowPath({ dagId, runId })]);
  if (task !== undefined) parts.push([task, airflowPath(scope)]);
  return (
    <>
      {(short ? parts.slice(-1) : parts).map(([text, to], place) => (
        <span key={to}>
          {place > 0 && <span aria-hidden="true"> › </span>}
          <To overflowWrap="anywhere" to={to}>
            {text}
          </To>
        </span>
      ))}
    </>
  );
}
