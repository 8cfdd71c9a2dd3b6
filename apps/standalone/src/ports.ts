import { createServer } from 'node:net';
import type { PortSetting } from './config.ts';

/** Says at once which ports are taken and how to move each, rather than failing at the first of them. */
export async function refuseTakenPorts(settings: readonly PortSetting[]): Promise<void> {
  const checks = await Promise.all(
    settings.map(async (setting) => ({ setting, isTaken: await isTaken(setting.port) })),
  );
  const taken = checks.filter((check) => check.isTaken).map((check) => check.setting);
  if (taken.length === 0) return;
  throw new PortsTaken(taken);
}

export class PortsTaken extends Error {
  constructor(readonly settings: readonly PortSetting[]) {
    const lines = settings.map(
      ({ port, purpose, variable }) =>
        `  ${port} (${purpose}) is taken: stop what uses it, or start with ${variable}=<another port>`,
    );
    super(`Portico cannot start.\n${lines.join('\n')}`);
  }
}

function isTaken(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}
