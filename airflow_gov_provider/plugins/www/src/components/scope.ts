/** What a page is about: everything, a Dag, a run of it, or a task instance. */
export interface Scope {
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  /** Undefined where all indexes of a mapped task are meant, or the task is not mapped. */
  readonly mapIndex?: number;
}

export const EVERYTHING: Scope = {};

export function scopeOf({ dagId, runId, taskId, mapIndex }: AirflowPluginProps): Scope {
  const index = Number.parseInt(mapIndex ?? "", 10);
  return { dagId, mapIndex: Number.isNaN(index) || index < 0 ? undefined : index, runId, taskId };
}

/** As most of the API names them; what is undefined is no filter. */
export const taskFiltersOf = ({ dagId, runId, taskId }: Scope) => ({
  dag_id: dagId,
  run_id: runId,
  task_id: taskId,
});

/** With the index of a mapped task, where the API takes one. */
export const filtersOf = (scope: Scope) => ({
  ...taskFiltersOf(scope),
  map_index: scope.mapIndex,
});

export type TaskFilters = ReturnType<typeof taskFiltersOf>;
export type ScopeFilters = ReturnType<typeof filtersOf>;
