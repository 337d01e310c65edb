import { REJECTION_CODES, TASK_COMMANDS } from '#libs/contracts';
import { type OutgoingRecord } from '#libs/messaging';
import { TestDeployment } from '#libs/testing';
import { activityIn } from './support/created-tasks';
import { dialogueWith } from './support/dialogue';
import { createData, recordOf } from './support/events';
import { agent, BOOKINGS } from './support/office';

jest.setTimeout(180_000);

type Code = (typeof REJECTION_CODES)[number];

describe('commands to a task that exists', () => {
  let deployment: TestDeployment;
  const { given, rejectionsBecauseOf } = dialogueWith(() => deployment);

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    await deployment.publish([BOOKINGS, agent('eli')]);
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  const subject = 'conv-life';
  const taskId = '99999999-2222-4333-8444-555555555555';
  const by = (id: string) => ({ kind: 'agent', id });
  /** A command as a record, under an id that says what it is for. */
  const command = (
    verb: string,
    id: string,
    actor: string,
    says: Record<string, unknown> = {},
  ): OutgoingRecord =>
    recordOf({ id, type: `task.${verb}.v1`, subject, data: { taskId, actor: by(actor), ...says } });

  const team = createData({ taskId, assignee: { kind: 'team', id: 'bookings' } });
  const LIFE = [
    recordOf({ id: 'life: create', subject, data: team }),
    command('claim', 'life: mia claims', 'mia'),
    command('claim', 'life: max claims too', 'max'),
    command('start', 'life: mia starts', 'mia', { reason: 'on the phone' }),
    command('comment', 'life: max comments', 'max', { text: 'She called again' }),
    command('update', 'life: an update', 'mia', {
      priority: 'critical',
      due: { in: 'PT1H' },
      title: 'Call now',
    }),
    command('update', 'life: an update of yesterday', 'mia', { priority: 'low', expectedVersion: 2 }),
    command('release', 'life: mia gives it back', 'mia'),
    command('resolve', 'life: max resolves', 'max', { resolution: 'Booked' }),
    command('start', 'life: too late', 'mia'),
    command('reopen', 'life: reopen', 'mia'),
    command('assign', 'life: assign', 'mia', { assignee: by('eli') }),
    command('cancel', 'life: cancel', 'eli'),
  ];

  beforeAll(async () => {
    await given(agent('mia'), agent('max'));
    await given(...LIFE);
    // Once more, and twice in one batch.
    await given(...LIFE, ...LIFE);
  });

  test('each leads to its activities, in order, once', async () => {
    const records = await deployment.records('task-activity');
    const own = records
      .map((record) => ({ ...activityIn(record), type: record.headers.ce_type }))
      .filter((activity) => activity.taskId === taskId);
    expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, i) => i + 1));
    expect(
      own.map(({ cause, type, changes }) => [cause.id, type, ...changes.map(({ field }) => field)]),
    ).toEqual([
      ['life: create', 'task.created.v1', ...['type', 'priority', 'title', 'assignee', 'status']],
      ['life: mia claims', 'task.assignment_changed.v1', 'claimedBy'],
      ['life: mia starts', 'task.status_changed.v1', 'status', 'startedAt'],
      ['life: max comments', 'task.commented.v1'],
      ['life: an update', 'task.priority_changed.v1', 'priority'],
      ['life: an update', 'task.due_date_changed.v1', 'dueAt'],
      ['life: an update', 'task.details_changed.v1', 'title'],
      ['life: mia gives it back', 'task.assignment_changed.v1', 'claimedBy'],
      ['life: mia gives it back', 'task.status_changed.v1', 'status', 'startedAt'],
      ['life: max resolves', 'task.assignment_changed.v1', 'claimedBy'],
      ['life: max resolves', 'task.status_changed.v1', 'status', 'resolvedAt', 'resolution'],
      ['life: max resolves', 'task.completed.v1'],
      ['life: reopen', 'task.status_changed.v1', 'status', 'claimedBy', 'resolvedAt', 'resolution'],
      ['life: assign', 'task.assignment_changed.v1', 'assignee'],
      ['life: cancel', 'task.status_changed.v1', 'status'],
    ]);
    expect(own[3]).toMatchObject({ text: 'She called again', actor: by('max') });
    expect(own[2]).toMatchObject({ reason: 'on the phone' });
  });

  test.each([
    ['life: max claims too', 'already_claimed', /claimed by 'mia'/],
    ['life: an update of yesterday', 'stale_version', /at version 7, not 2/],
    ['life: too late', 'illegal_transition', /it is resolved/],
  ])('%s: refused as %s, once', async (id, code, detail) => {
    const rejections = await rejectionsBecauseOf(id);
    expect(rejections.map((rejection) => rejection.data)).toEqual([
      expect.objectContaining({ code, detail: expect.stringMatching(detail) }),
    ]);
  });

  test('the table has the task as its activities leave it', async () => {
    const [row] = await deployment.query(
      `select status, priority, title, assignee_id, claimed_by, started_at, version from task where id = $1`,
      [taskId],
    );
    expect(row).toEqual({
      status: 'cancelled',
      priority: 'critical',
      title: 'Call now',
      assignee_id: 'eli',
      claimed_by: null,
      started_at: null,
      version: 15,
    });
    await deployment.mustCli(['verify']);
  });

  test('a task of another conversation is not found', async () => {
    const id = 'life: elsewhere';
    await given(
      recordOf({
        id,
        type: 'task.claim.v1',
        subject: 'conv-elsewhere',
        data: { taskId, actor: by('mia') },
      }),
    );
    const [rejection] = await rejectionsBecauseOf(id);
    expect(rejection!.data).toMatchObject({
      code: 'task_not_found',
      detail: expect.stringContaining('conv-elsewhere'),
    });
  });

  describe('every rejection code has a message that gets it', () => {
    const own = { taskId: '88888888-2222-4333-8444-555555555555' };
    const free = { taskId: '88888888-2222-4333-8444-666666666666' };
    const on = (code: string, type: string, data: Record<string, unknown>): OutgoingRecord =>
      recordOf({ id: `code: ${code}`, type, subject: 'conv-codes', data });
    const MESSAGES: Record<Code, OutgoingRecord | null> = {
      task_exists: on('task_exists', 'task.create.v1', createData(own)),
      unknown_assignee: on('unknown_assignee', 'task.assign.v1', {
        ...{ ...own, actor: by('mia'), assignee: { kind: 'team', id: 'nobody' } },
      }),
      invalid_due: on('invalid_due', 'task.update.v1', {
        ...{ ...own, actor: by('mia'), due: { in: 'PT1H', calendar: 'nowhere' } },
      }),
      task_not_found: on('task_not_found', 'task.claim.v1', {
        ...{ actor: by('mia'), taskId: '88888888-2222-4333-8444-777777777777' },
      }),
      stale_version: on('stale_version', 'task.start.v1', { ...own, actor: by('mia'), expectedVersion: 9 }),
      not_allowed: on('not_allowed', 'task.cancel.v1', { ...own, actor: by('stranger') }),
      illegal_transition: on('illegal_transition', 'task.reopen.v1', { ...own, actor: by('mia') }),
      already_claimed: on('already_claimed', 'task.claim.v1', { ...own, actor: by('max') }),
      not_available: on('not_available', 'task.claim.v1', { ...free, actor: by('ada') }),
      // Of a command that is known and not built yet: there is none left, and so no message that gets it.
      not_supported: null,
    };

    beforeAll(async () => {
      await given(agent('mia'), agent('max'), agent('ada', 'acme', 'away'));
      const task = (data: object): OutgoingRecord =>
        recordOf({
          subject: 'conv-codes',
          data: createData({ ...data, assignee: { kind: 'team', id: 'bookings' } }),
        });
      await given(task(own), task(free), on('claimed by mia', 'task.claim.v1', { ...own, actor: by('mia') }));
      await given(...Object.values(MESSAGES).filter((message) => message !== null));
    });

    test.each(REJECTION_CODES.filter((code) => code !== 'not_supported'))('%s', async (code) => {
      const rejections = await rejectionsBecauseOf(`code: ${code}`);
      expect(rejections.map(({ data }) => data.code)).toEqual([code]);
    });

    test('but not_supported: every command of the contract was carried out above', async () => {
      const carriedOut = await deployment.query<{ type: string }>(
        `select distinct type from applied_event where became = 'applied' order by type`,
      );
      expect(carriedOut.map(({ type }) => type)).toEqual(Object.keys(TASK_COMMANDS).sort());
      const said = (await deployment.records('task-rejections')).map(({ value }) => String(value));
      expect(said.filter((rejection) => rejection.includes('not_supported'))).toEqual([]);
    });
  });
});
