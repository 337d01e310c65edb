import { type WorkersPositions, workersPositions as positionsIn } from '#libs/operations';
import { type AvailableSettings } from '#libs/settings';
import { withDatabase } from '../connections';

/** How far workers have read the input, as they stood when this was called. */
export function workersPositions(settings: AvailableSettings): Promise<WorkersPositions> {
  return withDatabase(settings, positionsIn);
}
