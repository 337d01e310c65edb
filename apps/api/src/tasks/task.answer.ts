import { type Response } from 'express';
import { type Task } from '#libs/domain';
import { type Done } from './task.requests';

/** A task as the answer to a command: with its version as ETag, and with a word when the same request was answered so before. */
export function answerWith({ task, repeated }: Done, response: Response): Task {
  response.setHeader('etag', `"${task.version}"`);
  if (repeated) response.setHeader('idempotent-replayed', 'true');
  return task;
}
