import { type OutgoingRecord } from '#libs/messaging';
import { AGENTS, TEAMS, TENANTS } from './api.tasks';
import { creation } from './events';

/** Conversations that agents create tasks in. */
export const OPEN = 500;

const HEADERS = { 'content-type': 'application/json', ce_specversion: '1.0', ce_source: '/bench' };

/** Everybody the tasks are assigned to. */
export function people(): OutgoingRecord[] {
  const ofTenant = (tenantId: string): OutgoingRecord[] => [
    ...Array.from({ length: TEAMS }, (_, n) =>
      entry(tenantId, 'team', { id: `team-${n}`, name: `Team ${n}` }),
    ),
    ...Array.from({ length: AGENTS }, (_, n) =>
      entry(tenantId, 'agent', {
        ...{ id: `agent-${n}`, name: `Agent ${n}`, availability: 'available', roles: ['agent'] },
        teams: [`team-${n % TEAMS}`, `team-${(n * 7) % TEAMS}`],
      }),
    ),
  ];
  return Object.keys(TENANTS).flatMap(ofTenant);
}

function entry(
  tenantid: string,
  kind: string,
  data: { id: string } & Record<string, unknown>,
): OutgoingRecord {
  const key = `${tenantid}/${kind}:${data.id}`;
  const headers = {
    ...{
      ...HEADERS,
      ce_id: key,
      ce_type: `workforce.${kind}.v1`,
      ce_subject: data.id,
      ce_tenantid: tenantid,
    },
    ce_time: new Date().toISOString(),
  };
  return { topic: 'workforce', key, headers, value: JSON.stringify(data) };
}

/** Conversations that go on. */
export function conversations(): OutgoingRecord[] {
  return Object.keys(TENANTS).flatMap((tenantId) =>
    Array.from({ length: OPEN }, (_, n) => {
      const { topic, key } = creation(n, `open-${n}`);
      const headers = {
        ...{ ...HEADERS, ce_id: `${tenantId}-open-${n}`, ce_type: 'conversation.started.v1' },
        ...{ ce_subject: `open-${n}`, ce_tenantid: tenantId, ce_time: new Date().toISOString() },
      };
      const data = { channel: 'call', customer: { id: `customer-${n}`, name: 'Ada Byron' } };
      return { topic, key, headers, value: JSON.stringify(data) };
    }),
  );
}
