import { startService, type Service } from './service.ts';

/** A `redis-server` with an append-only file, so that what it said it stored survives `kill`. */
export const startRedis = (options: { readonly args?: readonly string[] } = {}): Promise<Service> =>
  startService({
    command: 'redis-server',
    scheme: 'redis',
    readyWhen: /Ready to accept connections/,
    args: (port, directory) => [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
      ...(options.args ?? []),
    ],
  });
