import { DatabaseError } from 'pg';
import { QueryFailedError, TypeORMError } from 'typeorm';
import { StoreConflict, StoreOutage, StoreRefusal } from '#libs/processing';
import { asStoreError, isWorthRetrying } from './store.errors';

/** Node's codes and OpenSSL's; PostgreSQL's have five characters. */
const SYSTEM = /^E[A-Z]|_/;

/** As pg throws it, and as TypeORM passes it on. */
function postgresError(code: string): Error[] {
  const own = Object.assign(
    SYSTEM.test(code) ? new Error('from the system') : new DatabaseError('from PostgreSQL', 0, 'error'),
    { code },
  );
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
    ['a pipe that broke, whose code looks like a SQLSTATE', 'EPIPE'],
    ['a name that does not resolve', 'ENOTFOUND'],
    ['a name service that does not answer', 'EAI_AGAIN'],
    ['no file descriptor left', 'EMFILE'],
    ['a certificate that ran out', 'CERT_HAS_EXPIRED'],
    ['a certificate of another name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
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

  it('JavaScript’s own complaint about its use: a fault, or it would be tried for ever', () => {
    const misuse = Object.assign(new TypeError('invalid argument'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(asStoreError(misuse)).toBe(misuse);
  });

  it('a taken unique key: a conflict', () => {
    for (const error of postgresError('23505')) expect(asStoreError(error)).toBeInstanceOf(StoreConflict);
  });

  it.each([
    ['a number out of range', '22003'],
    ['a text it cannot store', '22P05'],
    ['a broken check', '23514'],
    ['a row too large for an index', '54000'],
  ])('%s (%s): a fault of the data', (_, code) => {
    for (const error of postgresError(code)) {
      expect(asStoreError(error)).toBeInstanceOf(StoreRefusal);
      expect((asStoreError(error) as Error).message).toBe(`from PostgreSQL (SQLSTATE ${code})`);
    }
  });

  it('a first connection is tried again after an outage, not with a wrong password or without a database', () => {
    const retried = ['ECONNREFUSED', '57P03', '28P01', '3D000', '22003'].map((code) =>
      isWorthRetrying(postgresError(code)[0]),
    );
    expect(retried).toEqual([true, true, false, false, false]);
  });
});
