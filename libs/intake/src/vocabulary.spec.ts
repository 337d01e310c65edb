import * as contracts from '#libs/contracts';
import * as domain from '#libs/domain';
import fc from 'fast-check';

/** The wire and the domain say the same words; neither may import the other, so it is held here, where they meet. */
describe('the words of the wire and of the domain', () => {
  it.each(['CHANNELS', 'TASK_TYPES', 'PRIORITIES', 'STATUSES'] as const)('%s are the same', (words) => {
    expect(contracts[words]).toEqual(domain[words]);
  });

  it('commands are the same', () => {
    const verbs = Object.keys(domain.TRANSITIONS).map((verb) => `task.${verb}.v1`);
    expect(Object.keys(contracts.TASK_COMMANDS).sort()).toEqual(['task.create.v1', ...verbs].sort());
  });

  it('what intake makes of data is what the domain expects of it', () => {
    // Compiled, not run: each line fails the type check when the two part. Intake has settled `taskId`, and the validator `due`.
    const _created: domain.CreateTask['data'] = {} as contracts.TaskCreateData & {
      taskId?: string;
      due?: domain.Due | null;
    };
    const _code: (typeof contracts.REJECTION_CODES)[number] = 'not_supported' as domain.RejectionCode;
    const _back: domain.RejectionCode = 'not_supported' as (typeof contracts.REJECTION_CODES)[number];
    expect(contracts.REJECTION_CODES).toHaveLength(10);
  });
});

/** What intake lets pass the domain must be able to use; else a calendar would vanish without a word, or a due date be refused as text. */
describe('what the wire takes for valid', () => {
  const time = fc.constantFrom('00:00', '09:00', '17:30', '24:00', '24:01', '9:00', '');
  const span = fc.oneof(fc.tuple(time, time), fc.array(time, { maxLength: 3 }), fc.constant(null));
  const hours = fc.dictionary(
    fc.constantFrom(...contracts.WEEKDAYS, 'monday'),
    fc.oneof(fc.array(span, { maxLength: 3 }), fc.constant(null)),
    { maxKeys: 3 },
  );
  const calendar = fc.record({
    id: fc.constant('office'),
    timezone: fc.constantFrom(
      'UTC',
      'utc',
      'America/New_York',
      'Etc/GMT+5',
      'EST5EDT',
      '+01:00',
      'Mars/Base',
    ),
    hours,
    holidays: fc.oneof(
      fc.array(fc.constantFrom('2026-12-25', '2026-02-30', '1969-01-01'), { maxLength: 2 }),
      fc.constant(null),
    ),
  });

  it('as a calendar, the domain takes too', () => {
    let valid = 0;
    fc.assert(
      fc.property(calendar, (body) => {
        if (contracts.validatorFor('workforce.calendar.v1')(body).length > 0) return;
        valid += 1;
        expect([body, domain.checkCalendar(body)]).toEqual([body, []]);
      }),
      { numRuns: 3000 },
    );
    expect(valid).toBeGreaterThan(100);
  });

  const number = fc.constantFrom('1', '0', '1.5', '2,5', '');
  const part = (unit: string) => number.map((n) => (n ? n + unit : ''));
  const duration = fc
    .tuple(
      part('Y'),
      part('M'),
      part('W'),
      part('D'),
      fc.constantFrom('T', ''),
      part('H'),
      part('M'),
      part('S'),
    )
    .map((parts) => `P${parts.join('')}`);

  it('as a due date, the domain takes too, and the other way round', () => {
    const accepts = (due: domain.Due) =>
      domain.resolveDue(due, '2026-11-20T09:30:00.000Z', () => undefined).ok;
    fc.assert(
      fc.property(duration, (text) => {
        expect([text, contracts.isDuration(text)]).toEqual([text, accepts({ in: text })]);
      }),
      { numRuns: 3000 },
    );
    const digits = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
    const dateTime = fc
      .tuple(
        fc.constantFrom('1970', '2024', '2026', '9999'),
        digits(13),
        digits(32),
        digits(25),
        digits(61),
        digits(61),
        fc.constantFrom('Z', '+14:00', '-00:30', '+24:00', ''),
      )
      .map(
        ([year, month, day, hour, minute, second, zone]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`,
      );
    fc.assert(
      fc.property(dateTime, (at) => {
        expect([at, contracts.toInstant(at) !== undefined]).toEqual([at, accepts({ at })]);
      }),
      { numRuns: 3000 },
    );
  });
});
