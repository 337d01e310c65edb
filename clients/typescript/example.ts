// Creates a task in a conversation that goes on, works it, and prints what happened to it.
// API_URL, TOKEN and CONVERSATION say where, as whom and in which.
import { connect } from './client';

async function main(): Promise<void> {
  const { API_URL = 'http://127.0.0.1:3000', TOKEN = '', CONVERSATION = '' } = process.env;
  const tasks = connect(API_URL, TOKEN);

  const created = await tasks.POST('/v1/conversations/{id}/tasks', {
    params: { path: { id: CONVERSATION }, header: { 'Idempotency-Key': `promise-in-${CONVERSATION}` } },
    body: { type: 'follow_up', priority: 'high', title: 'Call back', due: { in: 'PT4H' } },
  });
  // What is refused is no exception: `error` says why, with a code that stays as it is.
  if (created.error) throw new Error(`${created.error.code}: ${created.error.detail}`);
  const path = { id: created.data.id };

  await tasks.POST('/v1/tasks/{id}/start', { params: { path } });
  const resolved = await tasks.POST('/v1/tasks/{id}/resolve', {
    params: { path },
    body: { resolution: 'The parcel is on its way' },
  });
  const again = await tasks.POST('/v1/tasks/{id}/start', { params: { path } });
  const log = await tasks.GET('/v1/tasks/{id}/activity', { params: { path, query: { limit: 10 } } });

  console.log(
    JSON.stringify({
      status: resolved.data?.status,
      refused: again.error?.code,
      happened: log.data?.items.map(({ type }) => type),
    }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
