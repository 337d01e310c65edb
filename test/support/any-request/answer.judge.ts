import { checkAnswer } from '../openapi.check';
import { type Operation } from './operations';
import { type RawAnswer } from './raw.sender';
import { type RawRequest } from './request.of-plan';

/** @throws when an answer is none that the document has, or says that something is broken. */
export function judge(operation: Operation, request: RawRequest, answer: RawAnswer): void {
  const { status, type, text } = answer;
  if (status >= 500) throw new Error('something is broken');
  const isJson = /^application\/(\w+\+)?json/.test(type ?? '');
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : text;
  checkAnswer({ method: request.method, path: request.target }, { status, type, body });
  if (!isJson || status < 400 || request.method !== operation.method) return;
  // Of a path that was bent: it is none of this operation's.
  if (status === 404 || status === 405) return;
  // A status may be documented for other problems than this one.
  const problem = (body as { type: string }).type;
  if (!operation.responses[status]?.description.includes(`\`${problem}\``))
    throw new Error(`the document does not have ${problem} here`);
}
