import type { ComponentType } from "react";

import type { Scope } from "src/components/scope";
import { ApprovalsPage } from "src/features/approvals/ApprovalsPage";
import { AuditPage } from "src/features/audit/AuditPage";
import { EvidencePage } from "src/features/evidence/EvidencePage";
import { IncidentsPage } from "src/features/incidents/IncidentsPage";
import { ModelsPage } from "src/features/models/ModelsPage";
import { OverviewPage } from "src/features/overview/OverviewPage";
import { SlaPage } from "src/features/sla/SlaPage";

/**
 * A page of the site, and within the tab on a Dag, a run or a task instance. It has routes of its
 * own: the index is the list, which the tab shows too; details are in the site alone.
 */
export interface SitePage {
  /** First part of the address below the site. */
  readonly path: string;
  readonly label: string;
  readonly Page: ComponentType<{ readonly scope: Scope }>;
  /** Of what it is also a tab. */
  readonly tabOf: readonly ("dag" | "run" | "task")[];
}

/** In the order of the navigation; the first one is where the site and the tabs begin. */
export const PAGES: readonly SitePage[] = [
  { label: "Overview", Page: OverviewPage, path: "overview", tabOf: [] },
  { label: "Audit", Page: AuditPage, path: "audit", tabOf: ["dag", "run", "task"] },
  {
    label: "Runs and evidence",
    Page: EvidencePage,
    path: "evidence",
    tabOf: ["dag", "run", "task"],
  },
  { label: "Models", Page: ModelsPage, path: "models", tabOf: ["dag"] },
  { label: "Approvals", Page: ApprovalsPage, path: "approvals", tabOf: ["dag", "run", "task"] },
  { label: "SLA", Page: SlaPage, path: "sla", tabOf: ["dag", "run", "task"] },
  { label: "Incidents", Page: IncidentsPage, path: "incidents", tabOf: ["dag", "run", "task"] },
];
