import { startService, type Service } from './service.ts';

/** A `nats-server` with JetStream, its store kept over `kill` and `restart`. */
export const startNats = (options: { readonly args?: readonly string[] } = {}): Promise<Service> =>
  startService({
    command: 'nats-server',
    scheme: 'nats',
    readyWhen: /Server is ready/,
    args: (port, directory) => [
      ...['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory],
      ...(options.args ?? []),
    ],
  });
