import { To } from "src/components/Links";
import { governancePath } from "src/components/paths";

export function Back() {
  return (
    <To fontSize="sm" to={governancePath("evidence")} width="fit-content">
      ← All runs
    </To>
  );
}
