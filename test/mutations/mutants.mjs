// Ways to break a promise of this product, and the test that must notice each. A mutant is an exact replacement in one file;
// `find` must be there exactly once, so that a mutant which no longer fits the code is told, not passed over.

/**
 * @typedef {{ find: string, replace: string }} Edit
 * @typedef {{ project: 'unit' | 'integration', file: string, title: string }} NamedTest the title with its describe blocks
 * @typedef {{ name: string, file: string, edits: Edit[], test: NamedTest }} Mutant
 */

const unit = (file, title) => ({ project: 'unit', file, title });
const integration = (file, title) => ({ project: 'integration', file, title });

const CONTROLLER = 'apps/worker/src/conversation-events.controller.ts';
const CONTROLLER_SPEC = 'apps/worker/src/conversation-events.controller.spec.ts';
const PROCESS_BATCH = 'libs/processing/src/process-batch.ts';
const PROCESS_BATCH_SPEC = 'libs/processing/src/process-batch.spec.ts';
const APPLY_EVENTS = 'libs/processing/src/apply-events.ts';
const EVENT_TIME_SPEC = 'libs/processing/src/event-time.spec.ts';
const REPLAY_SPEC = 'libs/processing/src/replay/replay.spec.ts';
const STANDING_STORE = 'libs/persistence/src/standing.store.ts';
const STANDING_STORE_SPEC = 'libs/persistence/src/standing.store.int.spec.ts';
const MIRROR = 'libs/relay/src/shard.mirror.ts';
const RELAY_SPEC = 'libs/relay/src/relay.spec.ts';
const SHARD_STORE = 'libs/persistence/src/shard.store.ts';
const SHARD_STORE_SPEC = 'libs/persistence/src/shard.store.int.spec.ts';
const TENANT_STATEMENT = 'libs/persistence/src/reading/tenant.statement.ts';
const TENANCY_SPEC = 'libs/persistence/src/reading/tenancy.int.spec.ts';
/** What readers ask for, without any condition on the tenant. */
const WITHOUT_TENANT = {
  find: 'super({ text, values: [...values] }, done);',
  replace:
    "super({ text: text.replace(/(\\w+\\.)?tenant_id = (\\$\\d+)/g, '$2::text is not null'), values: [...values] }, done);",
};
const SHARD_REBUILD = 'apps/cli/src/rebuild/shard.rebuild.ts';
const SHARD_REBUILD_SPEC = 'apps/cli/src/rebuild/shard.rebuild.spec.ts';

/** @type {Mutant[]} */
export const mutants = [
  {
    name: 'readers without a condition on the tenant, in a transaction that sees every tenant',
    file: TENANT_STATEMENT,
    edits: [
      WITHOUT_TENANT,
      {
        find: 'array[$1::text]::text',
        replace: "array[$1::text, 'acme', 'other']::text",
      },
    ],
    test: integration(
      TENANCY_SPEC,
      'what is read is that of one tenant alone, whatever another has under the same ids: acme',
    ),
  },
  {
    name: 'offsets committed before the transaction',
    file: CONTROLLER,
    edits: [
      {
        find: '      try {\n        await this.#apply(',
        replace:
          '      context.commit(String(BigInt(records.at(-1)!.offset) + 1n));\n      try {\n        await this.#apply(',
      },
      {
        find: '      context.commit(String(BigInt(last.offset) + 1n));\n',
        replace: '',
      },
    ],
    test: unit(
      CONTROLLER_SPEC,
      'a batch of conversation events has its offset committed, chunk by chunk, only after all that the chunk causes is stored',
    ),
  },
  {
    name: 'offsets committed for what was given up',
    file: CONTROLLER,
    edits: [
      {
        find: '        if (error instanceof Interrupted) return;\n        throw error;',
        replace: '        if (!(error instanceof Interrupted)) throw error;',
      },
    ],
    test: unit(
      CONTROLLER_SPEC,
      'a batch of conversation events has no offset committed for what was given up while waiting for an outage to end',
    ),
  },
  {
    name: 'no shard lock',
    file: SHARD_STORE,
    edits: [
      {
        find: 'select pg_advisory_xact_lock($1, shard), set_config',
        replace: 'select $1::int, shard, set_config',
      },
    ],
    test: integration(
      'libs/persistence/src/shard.lock.int.spec.ts',
      'the lock of a shard lets a second writer in only after the first has committed, and shows it what the first wrote',
    ),
  },
  {
    name: 'no identity: what was applied before is not asked for',
    file: APPLY_EVENTS,
    edits: [
      {
        find: 'await together([tx.appliedEvents(identified), tx.heads()]);',
        replace: '[new Map<string, Buffer>(), await tx.heads()] as const;',
      },
    ],
    test: unit(PROCESS_BATCH_SPEC, 'an event counts once when the whole batch arrives again'),
  },
  {
    name: 'duplicates not looked for within the batch',
    file: APPLY_EVENTS,
    edits: [{ find: '    seen.set(key, event.payloadHash);\n', replace: '' }],
    test: unit(
      'libs/processing/src/apply-events.spec.ts',
      'events that are applied in one transaction are looked for among each other too: a copy further on in the batch is a duplicate',
    ),
  },
  {
    name: 'identity without the source',
    file: 'libs/domain/src/identity.ts',
    edits: [
      {
        find: 'return `${tenantId}\\0${source}\\0${id}`;',
        replace: 'return `${tenantId}\\0${id}${source && ""}`;',
      },
    ],
    test: unit(
      'libs/processing/src/apply-events.spec.ts',
      'events that are applied in one transaction have no identity in common with another tenant’s or another source’s',
    ),
  },
  {
    name: 'relay resumes one early',
    file: MIRROR,
    edits: [
      {
        find: 'this.#published = end.nextOffset;',
        replace: 'this.#published = Math.max(0, end.nextOffset - 1);',
      },
    ],
    test: unit(
      RELAY_SPEC,
      'the relay where it goes on given a topic that holds the beginning, goes on exactly behind it: not one early, not one late',
    ),
  },
  {
    name: 'relay resumes one late',
    file: MIRROR,
    edits: [
      {
        find: 'this.#published = end.nextOffset;',
        replace: 'this.#published = end.nextOffset === 0 ? 0 : end.nextOffset + 1;',
      },
    ],
    test: unit(
      RELAY_SPEC,
      'the relay where it goes on given a topic that holds the beginning, goes on exactly behind it: not one early, not one late',
    ),
  },
  {
    name: 'relay believes what it remembers of a shard it had before',
    file: MIRROR,
    edits: [
      {
        find: '    this.#assigned = true;\n    this.#mustLook = true;',
        replace: '    this.#assigned = true;',
      },
    ],
    test: unit(
      RELAY_SPEC,
      'the relay where it goes on given a shard it had before, looks at the end again: another relay may have been there',
    ),
  },
  {
    name: 'relay sends blindly again what may have been appended',
    file: MIRROR,
    edits: [
      {
        find: '      this.#mustLook = true;\n      throw new Error(`append at',
        replace: '      throw new Error(`append at',
      },
    ],
    test: unit(
      RELAY_SPEC,
      'the relay an outage is waited out an append of which nobody knows what became is looked for at the end, not sent blindly again',
    ),
  },
  {
    name: 'NOTIFY taken for the truth: no poll',
    file: 'libs/relay/src/relay.ts',
    edits: [
      {
        find: 'if (!this.#woken) await this.#pause(pollMs);',
        replace: 'if (!this.#woken) await this.#pause(pollMs + 2 ** 29);',
      },
    ],
    test: unit(
      RELAY_SPEC,
      'the relay being woken is a hint, the poll is the truth given no wake at all, publishes what the poll finds',
    ),
  },
  {
    name: 'producer fence dropped',
    file: 'libs/messaging/src/fenced-log/fenced-log.writer.ts',
    edits: [
      {
        find: '      producerId,\n      producerEpoch: epoch,',
        replace: "        producerId: epoch < 0 ? producerId : '-1',\n        producerEpoch: -1,",
      },
    ],
    test: integration(
      'libs/messaging/src/fenced-log/producer-fence.int.spec.ts',
      'the broker’s fence around a log’s topic takes each position once, whoever sends it, and none out of order',
    ),
  },
  {
    name: 'wall clock in `due`: durations',
    file: 'libs/domain/src/due.ts',
    edits: [
      {
        find: 'addIsoDuration(Date.parse(from), duration)',
        replace: 'addIsoDuration(Date.now(), duration)',
      },
    ],
    test: unit(
      EVENT_TIME_SPEC,
      'time is the event’s for the due dates of commands, whatever the wall clock says',
    ),
  },
  {
    name: 'timers that do not wait for the input',
    file: 'libs/processing/src/timers/fire-timers.ts',
    edits: [{ find: '  await inputIsApplied(ports.inputs, patience);\n', replace: '' }],
    test: unit(
      'libs/processing/src/timers/fire-timers.spec.ts',
      'timers fire after everything that the input held, so that a task resolved in time is never overdue',
    ),
  },
  {
    name: 'a position of the workforce ahead of what its changes mean for tasks',
    file: 'libs/processing/src/apply-workforce.ts',
    edits: [
      {
        find: 'store.apply(changes, null)',
        replace: 'store.apply(changes, positionAfter(records, nextOffset))',
      },
    ],
    test: unit(
      'libs/processing/src/apply-workforce.spec.ts',
      'applying records of the workforce dead-letters what cannot be read before the position moves with the others',
    ),
  },
  {
    name: 'wall clock in `due`: working time',
    file: 'libs/domain/src/due.ts',
    edits: [
      {
        find: 'addWorkingTime(from, duration.timeMs, calendar);',
        replace: 'addWorkingTime(new Date().toISOString(), duration.timeMs, calendar);',
      },
    ],
    test: unit(
      EVENT_TIME_SPEC,
      'time is the event’s for the due dates of commands, whatever the wall clock says',
    ),
  },
  {
    name: 'wall clock in `due`: what a command counts from',
    file: APPLY_EVENTS,
    edits: [
      {
        find: 'resolveDue: (due) => tenant.resolveDue(due, event.time)',
        replace: 'resolveDue: (due) => tenant.resolveDue(due, new Date().toISOString())',
      },
    ],
    test: unit(
      EVENT_TIME_SPEC,
      'time is the event’s for the due dates of commands, whatever the wall clock says',
    ),
  },
  {
    name: 'wall clock in `due`: what a flow counts from',
    file: 'libs/flows/src/evaluate-flow.ts',
    edits: [
      {
        find: 'this.directory.resolveDue(due, time)',
        replace: 'this.directory.resolveDue(due, new Date().toISOString())',
      },
    ],
    test: unit(
      EVENT_TIME_SPEC,
      'time is the event’s for the due dates of a flow’s tasks, whatever the wall clock says',
    ),
  },
  {
    name: 'position stored with the transaction, before the dead letter is safe',
    file: PROCESS_BATCH,
    edits: [
      {
        find: 'index === shards.length - 1 && lettersIn(outcomes).length === 0 ? position : null',
        replace: 'index === shards.length - 1 ? position : null',
      },
    ],
    test: unit(
      PROCESS_BATCH_SPEC,
      'a transaction that fails for a message’s sake stores the position only after the dead letter is safe, also of a record nobody could read',
    ),
  },
  {
    name: 'position stored by itself, before the dead letter is safe',
    file: PROCESS_BATCH,
    edits: [
      {
        find: '  const letters = lettersIn(outcomes);\n',
        replace:
          '  const letters = lettersIn(outcomes);\n  if (!positionStored) await waitOutOutages(() => ports.store.storePosition(position), patience);\n',
      },
    ],
    test: unit(
      PROCESS_BATCH_SPEC,
      'a transaction that fails for a message’s sake stores the position only after the dead letter is safe',
    ),
  },
  {
    name: 'an outage dead-lettered: not waited for',
    file: 'libs/processing/src/patience.ts',
    edits: [
      {
        find: 'if (!(error instanceof StoreOutage)) throw error;',
        replace: 'if (error !== undefined) throw error;',
      },
    ],
    test: unit(
      PROCESS_BATCH_SPEC,
      'an outage of the database is waited out: nothing is counted, nothing dead-lettered',
    ),
  },
  {
    name: 'an outage dead-lettered: taken for a fault of the data',
    file: 'libs/persistence/src/store.errors.ts',
    edits: [{ find: "'55', '57', '58'", replace: "'55', '58'" }],
    test: unit(
      'libs/persistence/src/store.errors.spec.ts',
      'what a store’s error means the session was ended by an administrator (57P01): an outage, whatever the message',
    ),
  },
  {
    name: 'a message’s neighbours dead-lettered with it',
    file: PROCESS_BATCH,
    edits: [
      { find: 'if (events.length === 1 && only) {', replace: 'if (only) {' },
      {
        find: "outcomes: [{ kind: 'dead_letter', letter: letterFor(records[only.index]!, error) }],",
        replace:
          "outcomes: events.map(({ index }) => ({ kind: 'dead_letter', letter: letterFor(records[index]!, error) })),",
      },
    ],
    test: unit(
      PROCESS_BATCH_SPEC,
      'a transaction that fails for a message’s sake dead-letters that message alone, whatever its place, and applies the others in order',
    ),
  },
  {
    name: 'the group’s offset believed over the stored position',
    file: 'libs/messaging/src/start-position.ts',
    edits: [
      {
        find: 'const lower = group !== null && group < unread ? group : unread;',
        replace: 'const lower = group ?? unread;',
      },
    ],
    test: unit(
      'libs/messaging/src/start-position.spec.ts',
      'decideStart given the group ahead, as after a restored database',
    ),
  },
  {
    name: 'another record where the last one was read goes unnoticed',
    file: 'libs/messaging/src/partition.reading.ts',
    edits: [
      {
        find: 'fingerprintOf(record) !== this.check.fingerprint',
        replace: 'fingerprintOf(record) === ""',
      },
    ],
    test: unit(
      'libs/messaging/src/start-position.spec.ts',
      'PartitionReading given another record before the position, then it refuses',
    ),
  },
  {
    name: 'tenants of the transaction not set',
    file: SHARD_STORE,
    edits: [
      {
        find: "set_config('${TENANTS_SETTING}', $3::text[]::text, true)",
        replace: 'array_length($3::text[], 1)',
      },
    ],
    test: integration(
      SHARD_STORE_SPEC,
      'the shard store on PostgreSQL sees nothing of another tenant, whatever is asked for',
    ),
  },
  {
    name: 'row-level security that lets every tenant through',
    file: 'libs/persistence/src/schema/roles.ts',
    edits: [
      {
        find: 'create policy own_tenants on ${table} to ${appId} using (coalesce(tenant_id = any (',
        replace:
          'create policy own_tenants on ${table} to ${appId} using (coalesce(true or tenant_id = any (',
      },
    ],
    test: integration(
      SHARD_STORE_SPEC,
      'the shard store on PostgreSQL sees nothing of another tenant, whatever is asked for',
    ),
  },
  {
    name: 'work that shared a transaction blamed for what another did',
    file: 'libs/processing/src/shared-transactions.ts',
    edits: [{ find: 'works.length === 1 || error instanceof StoreOutage', replace: 'works.length > 0' }],
    test: unit(
      'libs/processing/src/process-batch.simulation.spec.ts',
      'processing, when processes die anywhere and what they read comes again and so do partitions side by side that share shards, and events that came to both',
    ),
  },
  {
    name: 'shards locked in the order in which they are named',
    file: SHARD_STORE,
    edits: [{ find: '.sort((a, b) => a - b)', replace: '' }],
    test: integration(
      'libs/persistence/src/shard.lock.int.spec.ts',
      'the lock of a shard is never waited for in a circle, in whatever order shards are named',
    ),
  },
  {
    name: 'tasks that changed not written',
    file: 'libs/persistence/src/shared.statements.ts',
    edits: [{ find: 'writes.flatMap(({ changedTasks }) => changedTasks),', replace: '[],' }],
    test: integration(
      SHARD_STORE_SPEC,
      'the shard store on PostgreSQL writes what became of a task that was there, every field, and of no other',
    ),
  },
  {
    name: 'redrive: people after the events that name them',
    file: 'libs/dead-letters/src/letter.ts',
    edits: [{ find: "(topic === WORKFORCE_TOPIC ? '' : topic)", replace: 'topic' }],
    test: unit(
      'libs/dead-letters/src/letter.spec.ts',
      'a dead letter comes in the order in which the records were read',
    ),
  },
  {
    name: 'replay: a run that overtakes the workers',
    file: 'libs/operations/src/workers.positions.ts',
    edits: [
      { find: 'const until = end >= to ? to : end > from ? end : from;', replace: 'const until = to;' },
    ],
    test: unit(
      'libs/operations/src/workers.positions.spec.ts',
      'what workers have yet to read is left to them by a run, which ends where they are',
    ),
  },
  {
    name: 'replay: a message that is not there taken for one that is',
    file: 'libs/processing/src/replay/rehearse-records.ts',
    edits: [{ find: '      message = !stands;\n', replace: '' }],
    test: unit(REPLAY_SPEC, 'a replay names what was missed, with the tasks that would come of it'),
  },
  {
    name: 'replay: a plan that forgets what a run would have written',
    file: 'libs/processing/src/replay/rehearsal.ts',
    edits: [
      {
        find: '    this.state.write(changes, (key) => this.notes.messages.get(key) != null);\n',
        replace: '',
      },
    ],
    test: unit(REPLAY_SPEC, 'a replay is planned as if what comes further up in it had been applied'),
  },
  {
    name: 'replay: what is there applied all the same',
    file: 'libs/processing/src/replay/replay-records.ts',
    edits: [{ find: "verdict.kind === 'new');", replace: "verdict.kind !== 'skipped');" }],
    test: unit(REPLAY_SPEC, 'a replay takes no lock and no transaction that writes when nothing was missed'),
  },
  {
    name: 'replay: content shown that nobody asked for',
    file: 'libs/processing/src/replay/replay.sample.ts',
    edits: [{ find: '...(showValues && { title })', replace: 'title' }],
    test: unit(REPLAY_SPEC, 'a replay shows no content unless that is asked for'),
  },
  {
    name: 'replay: a plan that could write',
    file: STANDING_STORE,
    edits: [{ find: "        await manager.query('set transaction read only');\n", replace: '' }],
    test: integration(
      STANDING_STORE_SPEC,
      'what stands, on PostgreSQL cannot be written to: the database refuses',
    ),
  },
  {
    name: 'replay: a plan that sees half of what a worker commits',
    file: STANDING_STORE,
    edits: [{ find: "      'REPEATABLE READ',\n", replace: '' }],
    test: integration(
      STANDING_STORE_SPEC,
      'what stands, on PostgreSQL is one moment’s, whoever commits meanwhile',
    ),
  },
  {
    name: 'replay: an operation that does not hear what is asked of it',
    file: 'libs/processing/src/operation.run.ts',
    edits: [{ find: '      if (asked) this.#asked = asked;\n', replace: '      void asked;\n' }],
    test: unit(
      'libs/processing/src/operation.run.spec.ts',
      'long work of an operator asked to pause, ends after the step as paused',
    ),
  },
  {
    name: 'a rebuild passes over a gap in the topic',
    file: SHARD_REBUILD,
    edits: [{ find: 'if (BigInt(record.offset) !== next) throw gapAt(log, shard, next);', replace: '' }],
    test: unit(
      SHARD_REBUILD_SPEC,
      'a shard that is rebuilt given a position that is not there, then nothing is rebuilt, and the place is named',
    ),
  },
  {
    name: 'a rebuild folds what belongs to another shard',
    file: SHARD_REBUILD,
    edits: [{ find: 'if (belongs !== shard)', replace: 'if (belongs < 0)' }],
    test: unit(
      SHARD_REBUILD_SPEC,
      'a shard that is rebuilt given another shard’s conversation, then nothing is rebuilt, and the place is named',
    ),
  },
  {
    name: 'a rebuild takes any record for one of the relay’s',
    file: 'apps/cli/src/rebuild/log.row.ts',
    edits: [
      {
        find: 'compareEntry(log, shard, entryOf(log, row), record)[0]?.message',
        replace: 'compareEntry(log, shard, entryOf(log, row), record)[99]?.message',
      },
    ],
    test: unit(
      SHARD_REBUILD_SPEC,
      'a shard that is rebuilt given a header more than the relay writes, then nothing is rebuilt, and the place is named',
    ),
  },
  {
    name: 'a rebuilt log of rejections claims to begin at position 1',
    file: SHARD_REBUILD,
    edits: [{ find: 'Number(rejection.earliest);', replace: '0 * Number(rejection.earliest);' }],
    test: unit(
      SHARD_REBUILD_SPEC,
      'a shard that is rebuilt given rejections from some position on, then the log begins there, and what the commands said is known',
    ),
  },
  {
    name: 'a rebuild believes causes before the group',
    file: 'apps/cli/src/rebuild/input.positions.ts',
    edits: [
      { find: 'if (committed !== null)', replace: 'if (committed !== null && greatestCause === null)' },
    ],
    test: unit(
      'apps/cli/src/rebuild/input.positions.spec.ts',
      'where a rebuilt database goes on with an input partition it has committed less than led to something, as after a kill: there, so nothing is left out',
    ),
  },
  {
    name: 'an event known by its identity alone said to come with another payload',
    file: APPLY_EVENTS,
    edits: [{ find: 'known.length === 0 || ', replace: '' }],
    test: unit(
      'libs/processing/src/apply-events.spec.ts',
      'events that are applied in one transaction are the same as those of which only the identity is known, as in a database that was rebuilt',
    ),
  },
];

/** Changes that must not count as caught: they prove that this checker can tell. */
export const controls = [
  {
    name: 'control: a comment more',
    file: APPLY_EVENTS,
    edits: [
      {
        find: 'const [seen, heads] = await',
        replace: '/* ! */ const [seen, heads] = await',
      },
    ],
    test: unit(PROCESS_BATCH_SPEC, 'an event counts once when the whole batch arrives again'),
    verdict: 'passed',
  },
  {
    name: 'control: readers without a condition on the tenant: row-level security alone holds',
    file: TENANT_STATEMENT,
    edits: [WITHOUT_TENANT],
    test: integration(
      TENANCY_SPEC,
      'what is read is that of one tenant alone, whatever another has under the same ids: acme',
    ),
    verdict: 'passed',
  },
  {
    name: 'control: code that does not compile',
    file: APPLY_EVENTS,
    edits: [{ find: 'const [seen, heads] = await', replace: 'const [seen, heads] = = await' }],
    test: unit(PROCESS_BATCH_SPEC, 'an event counts once when the whole batch arrives again'),
    verdict: 'did not run',
  },
  {
    name: 'a lost heartbeat taken for the message’s fault',
    file: 'libs/processing/src/patience.ts',
    edits: [{ find: '    await keepPartition(patience);', replace: '    await patience.heartbeat?.();' }],
    test: unit(
      PROCESS_BATCH_SPEC,
      'an outage is given up when the heartbeat says that the partition is lost: the message in hand is not at fault',
    ),
  },
  {
    name: 'only the known system errors taken for an outage',
    file: 'libs/persistence/src/store.errors.ts',
    edits: [{ find: ': !MISUSE.test(code);', replace: ': /^ECONN/.test(code);' }],
    test: unit(
      'libs/persistence/src/store.errors.spec.ts',
      'what a store’s error means a name that does not resolve (ENOTFOUND): an outage, whatever the message',
    ),
  },
  {
    name: 'control: code that throws in the test, before any assertion',
    file: 'libs/processing/src/process-batch.ts',
    edits: [
      {
        find: '  const position = positionAfter(records, nextOffset);\n',
        replace:
          "  const position = positionAfter(records, nextOffset);\n  if (position) throw new TypeError('broken');\n",
      },
    ],
    test: unit(PROCESS_BATCH_SPEC, 'an event counts once when the whole batch arrives again'),
    verdict: 'failed otherwise',
  },
];
