/** What the rules ask of an agent of the workforce. */
export interface Person {
  id: string;
  availability: 'available' | 'away' | 'offline';
  isLead: boolean;
  /** Ids of the teams the person is a member of. */
  teams: readonly string[];
}

/** A person as an agent's record of the workforce tells. */
export function personFrom(id: string, body: Record<string, unknown>): Person {
  const { availability, roles, teams } = body as {
    availability: Person['availability'];
    roles?: string[] | null;
    teams?: string[] | null;
  };
  return { id, availability, isLead: roles?.includes('lead') ?? false, teams: teams ?? [] };
}
