import { type TenantDirectory } from '#libs/processing';
import { type TenantReader } from '#libs/persistence';
import { type Caller } from '../auth/caller';

/** The teams an agent is a member of, as the workforce has it now. */
export class MyTeams {
  constructor(
    private readonly reader: TenantReader,
    private readonly directory: TenantDirectory,
  ) {}

  async of({ tenantId, id }: Caller): Promise<readonly string[]> {
    const tenantAt = await this.reader.read(tenantId, (reads) => this.directory.at(reads, [tenantId]));
    return tenantAt(tenantId).person(id)?.teams ?? [];
  }
}
