import { QueryFailedError, TypeORMError } from 'typeorm';
import { StoreConflict, StoreOutage } from '#libs/processing';
import { asStoreError, isWorthRetrying } from './store.errors';

/** As pg throws it, and as TypeORM passes it on. */
function postgresError(code: string): Error[] {
  const own = Object.assign(new Error('from PostgreSQL'), { code });
  return [own, new QueryFailedError('select 1', [], own)];
}

describe('what a store’s error means', () => {
  it.each([
    ['the connection broke', '08006'],
    ['a deadlock', '40P01'],
    ['too many connections', '53300'],
    ['the disk is full', '53100'],
    ['a lock was not had in time', '55P03'],
    ['the session was ended by an administrator', '57P01'],
    ['the server is starting', '57P03'],
    ['a file could not be read', '58030'],
    ['a read-only standby', '25006'],
    ['a wrong password', '28P01'],
    ['a missing table', '42P01'],
    ['a missing right', '42501'],
    ['nobody listens', 'ECONNREFUSED'],
    ['the connection was reset', 'ECONNRESET'],
    ['no answer', 'ETIMEDOUT'],
  ])('%s (%s): an outage, whatever the message', (_, code) => {
    for (const error of postgresError(code)) {
      expect(asStoreError(error)).toBeInstanceOf(StoreOutage);
      expect((asStoreError(error) as Error).cause).toBe(error);
    }
  });

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
    '"%s", which has no code: an outage',
    (message) => expect(asStoreError(new Error(message))).toBeInstanceOf(StoreOutage),
  );

  it('the ORM’s own complaint, which follows from a broken connection: an outage', () => {
    expect(asStoreError(new TypeORMError('runner already released'))).toBeInstanceOf(StoreOutage);
  });

  it('a taken unique key: a conflict', () => {
    for (const error of postgresError('23505')) expect(asStoreError(error)).toBeInstanceOf(StoreConflict);
  });

  it.each([
    ['a number out of range', '22003'],
    ['a text it cannot store', '22P05'],
    ['a broken check', '23514'],
    ['a row too large for an index', '54000'],
  ])('%s (%s): a fault of the data, passed on as it is', (_, code) => {
    for (const error of postgresError(code)) expect(asStoreError(error)).toBe(error);
  });

  it('a first connection is tried again after an outage, not with a wrong password or without a database', () => {
    const retried = ['ECONNREFUSED', '57P03', '28P01', '3D000', '22003'].map((code) =>
      isWorthRetrying(postgresError(code)[0]),
    );
    expect(retried).toEqual([true, true, false, false, false]);
  });
});
