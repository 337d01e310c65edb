import { ServedMethods } from './served.methods';

describe('ServedMethods', () => {
  const served = new ServedMethods([
    { method: 'GET', path: '/tasks' },
    { method: 'GET', path: '/tasks/{id}' },
    { method: 'PATCH', path: '/tasks/{id}' },
    { method: 'POST', path: '/tasks/bulk' },
  ]);

  test.each([
    ['/v1/tasks', ['GET', 'HEAD']],
    ['/v1/tasks/', ['GET', 'HEAD']],
    ['/v1/tasks/a%2Fb', ['GET', 'HEAD', 'PATCH']],
    ['/v1/tasks/bulk', ['GET', 'HEAD', 'PATCH', 'POST']],
    ['/v1/tasks/a/b', []],
    ['/tasks', []],
  ])('%s', (path, methods) => expect(served.of(path)).toEqual(methods));
});
