import {
  type Assignee,
  type Calendar,
  checkCalendar,
  type Due,
  type Instant,
  type TimePolicy,
  timePolicyOf,
  type Person,
  personFrom,
  type PolicyTimeSettings,
  type TeamTimeSettings,
  resolveDue,
} from '#libs/domain';
import { compileFlow, type CompiledFlow } from '#libs/flows';
import { type ShardTransaction, type TenantRevision, type WorkforceEntry } from './shard.store';

/** What the directory reads of a transaction. */
type TenantReads = Pick<ShardTransaction, 'revisions' | 'workforce' | 'flows'>;

/** A tenant's flow, ready to run. */
export interface LiveFlow {
  id: string;
  version: number;
  flow: CompiledFlow | FlowUnreadable;
}

/** A tenant's people, calendars and flows at one revision. */
export class Tenant {
  readonly #people: ReadonlyMap<string, Person>;
  readonly #teams: ReadonlyMap<string, TeamTimeSettings>;
  readonly #calendars: ReadonlyMap<string, Calendar>;
  /** The team that tasks nobody can be found for go to, if a policy names one. */
  readonly defaultTeam: string | null;
  /** When its tasks are due soon, and how long claims hold. */
  readonly timePolicy: TimePolicy;

  constructor(
    workforce: readonly WorkforceEntry[],
    readonly flows: readonly LiveFlow[],
  ) {
    const agents = workforce.filter(({ kind }) => kind === 'agent');
    this.#people = new Map(agents.map(({ id, body }) => [id, personFrom(id, body)]));
    const teams = workforce.filter(({ kind }) => kind === 'team');
    this.#teams = new Map(teams.map(({ id, body }) => [id, (body.settings ?? {}) as TeamTimeSettings]));
    this.#calendars = new Map(
      workforce
        .filter(({ kind, body }) => kind === 'calendar' && checkCalendar(body).length === 0)
        .map(({ id, body }) => [id, body as unknown as Calendar]),
    );
    const policies = workforce.filter(({ kind }) => kind === 'policy').map(({ body }) => body);
    const naming = policies.find(({ defaultTeam }) => typeof defaultTeam === 'string');
    this.defaultTeam = naming ? (naming.defaultTeam as string) : null;
    const timePolicy = policies.find(({ dueSoon }) => dueSoon != null);
    this.timePolicy = timePolicyOf((timePolicy ?? null) as PolicyTimeSettings | null, this.#teams);
  }

  assigneeExists(assignee: Assignee): boolean {
    return assignee.kind === 'agent' ? this.#people.has(assignee.id) : this.#teams.has(assignee.id);
  }

  /** An agent of the workforce; null for one it does not know. */
  person(agentId: string): Person | null {
    return this.#people.get(agentId) ?? null;
  }

  resolveDue(due: Due, from: Instant): ReturnType<typeof resolveDue> {
    return resolveDue(due, from, (id) => this.#calendars.get(id));
  }
}

const NOBODY = new Tenant([], []);

/**
 * Tenants by revision, so that a batch costs one look at the revisions and reads people and flows only after they changed.
 * The revision is read before what it stands for, in the same READ COMMITTED transaction: what is kept may be newer than its
 * revision, never older, and is then read once more.
 */
export class TenantDirectory {
  readonly #kept = new Map<string, { revision: TenantRevision; tenant: Tenant }>();
  /** By tenant and revision: works that share a transaction ask all at once, and large workforces are worth reading once. */
  readonly #reading = new Map<string, Promise<Tenant>>();

  /** @param limit how many tenants are kept in memory; the longest unused go first. */
  constructor(private readonly limit = 1_000) {}

  /** The tenants as they are now; one without people and flows is known, and empty. */
  async at(tx: TenantReads, tenantIds: readonly string[]): Promise<(tenantId: string) => Tenant> {
    const revisions = await tx.revisions(tenantIds);
    const current = new Map<string, Tenant>();
    for (const [tenantId, revision] of revisions)
      current.set(tenantId, await this.#tenant(tx, tenantId, revision));
    return (tenantId) => current.get(tenantId) ?? NOBODY;
  }

  async #tenant(tx: TenantReads, tenantId: string, revision: TenantRevision): Promise<Tenant> {
    const kept = this.#kept.get(tenantId);
    const fresh =
      kept && kept.revision.workforce === revision.workforce && kept.revision.flows === revision.flows;
    const tenant = fresh ? kept.tenant : await this.#read(tx, tenantId, revision);
    this.#kept.delete(tenantId);
    this.#kept.set(tenantId, { revision, tenant });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.limit) break;
      this.#kept.delete(oldest);
    }
    return tenant;
  }

  #read(tx: TenantReads, tenantId: string, { workforce, flows }: TenantRevision): Promise<Tenant> {
    const key = `${tenantId}\0${workforce}\0${flows}`;
    const others = this.#reading.get(key);
    if (others) return others;
    const reading = (async () => new Tenant(await tx.workforce(tenantId), await liveFlows(tx, tenantId)))();
    this.#reading.set(key, reading);
    const done = (): void => void this.#reading.delete(key);
    reading.then(done, done);
    return reading;
  }
}

async function liveFlows(tx: TenantReads, tenantId: string): Promise<LiveFlow[]> {
  return (await tx.flows(tenantId)).map(({ id, version, definition }) => {
    const compiled = compileFlow(definition);
    return {
      id,
      version,
      flow: compiled.ok ? compiled.flow : new FlowUnreadable(tenantId, id, version, compiled.problems),
    };
  });
}

/**
 * A flow that was saved can no longer be compiled, by another release than the one that saved it. Thrown when an outcome needs
 * it: that outcome is dead-lettered, and everything else of the tenant goes on.
 */
export class FlowUnreadable extends Error {
  override readonly name = 'FlowUnreadable';

  constructor(
    tenantId: string,
    id: string,
    version: number,
    problems: readonly { path: string; message: string }[],
  ) {
    const [first] = problems;
    super(
      `flow '${id}' version ${version} of tenant ${tenantId} cannot be read: ${first?.path} ${first?.message}; save it again`,
    );
  }
}
