/** What Airflow's UI gives a plugin, and what it expects to find afterwards. */

/** Of the page that a plugin is shown on; a part that the page does not have is undefined. */
interface AirflowPluginProps {
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly mapIndex?: string;
}
