import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Options } from 'pino-http';
import { logOptions } from '#libs/observability';
import { type LogLevel } from '#libs/settings';
import { type AskingRequest } from './http/asked';

/** A line a request: which, how it ended, and how long it took; nothing that it said, since that is what customers said. */
export function apiLogging(level: LogLevel): Options {
  return {
    ...logOptions(level, 'conversation-tasks-api'),
    genReqId: (_: IncomingMessage, response: ServerResponse) => {
      const id = randomUUID();
      response.setHeader('x-request-id', id);
      return id;
    },
    // Wrapped, ours would get an error that was described before, and see none.
    wrapSerializers: false,
    customProps: (request: IncomingMessage) => {
      const { span } = request as Partial<Pick<AskingRequest, 'span'>>;
      return span ? { trace_id: span.traceId } : {};
    },
    customLogLevel: (_, response) => (response.statusCode >= 500 ? 'error' : 'debug'),
    serializers: {
      ...logOptions(level, '').serializers,
      req: ({ id, method, url = '' }: IncomingMessage) => ({
        id,
        method,
        // Without what stands behind the question mark: words to search for are a customer's, too.
        path: url.split('?', 1)[0],
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
  };
}
