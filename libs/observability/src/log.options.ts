import { type LogLevel } from '#libs/settings';

/** An error as the log has it. */
interface LoggedError {
  type: string;
  message: string;
  code?: string;
  /** Where it was thrown. */
  stack?: string;
}

/** pino's options for a process of this product: a JSON object a line, with the service's name, and nothing of a customer's. */
export function logOptions(level: LogLevel, service: string) {
  return { level, base: { service }, serializers: { err: describeError } };
}

/**
 * What is said of an error: kind, code, message, place, and its causes' kinds and messages. None of its other properties: of a
 * database's error these are the statement's parameters and the row it refused. And of the message nothing from the first
 * quotation mark on when it is another's: PostgreSQL and V8 quote the value they refuse.
 */
export function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something was thrown that is no error' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: messagesOf(error),
    ...(typeof code === 'string' && { code }),
    stack: framesOf(error),
  };
}

const MOST_CAUSES = 5;

function messagesOf(error: Error): string {
  const messages: string[] = [];
  for (let each: unknown = error; each instanceof Error && messages.length < MOST_CAUSES; each = each.cause)
    messages.push(messageOf(each));
  return messages.filter((message, i) => message !== messages[i - 1]).join(': ');
}

function messageOf(error: Error): string {
  const quotes = 'driverError' in error || 'severity' in error || error instanceof SyntaxError;
  return quotes ? error.message.split('"', 1)[0]!.trim() : error.message;
}

/** The stack without the message that it begins with. */
function framesOf({ stack = '', message }: Error): string {
  const frames = stack.slice(stack.indexOf(message) + message.length);
  return frames
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
