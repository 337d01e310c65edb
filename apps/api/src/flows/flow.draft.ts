import { type FlowBody } from '#libs/contracts';
import { compileFlow, type CompiledFlow, type FlowProblem } from '#libs/flows';
import { invalid, problem, type RequestProblem } from '../http/problem';

/**
 * The flow that a request sends, ready to run.
 *
 * @param id from the path.
 * @throws RequestProblem `invalid_flow` naming every place that cannot be right.
 */
export function draftIn(body: FlowBody, id: string): CompiledFlow {
  if (body.id != null && body.id !== id)
    throw invalid([
      { field: 'id', message: `id must be that of the path, ${JSON.stringify(id)}, or left out` },
    ]);
  const { id: _, ...others } = body;
  const flow = compileFlow({ id, ...others });
  if (flow.ok) return flow.flow;
  const errors = flow.problems.map(({ path, message }) => ({ field: path, message: `${path} ${message}` }));
  throw problem(
    'invalid_flow',
    `the flow has ${errors.length === 1 ? 'a problem' : 'problems'}: ${errors[0]!.message}`,
    { errors },
  );
}

/** Why the tenant's flows would be too many, as a request is told. */
export const tooMany = ({ path, message }: FlowProblem): RequestProblem =>
  problem('invalid_flow', `${path} ${message}`.trim());
