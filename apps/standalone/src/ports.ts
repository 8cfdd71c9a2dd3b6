import { createServer } from 'node:net';
import type { PortSetting } from './config.ts';

/** Says at once which ports cannot be had and how to move each, rather than failing at the first of them. */
export async function refuseUnusablePorts(settings: readonly PortSetting[]): Promise<void> {
  const checks = await Promise.all(
    settings.map(async (setting) => ({ setting, code: await failureToListen(setting) })),
  );
  const lines = checks.flatMap(({ setting, code }) =>
    code === undefined ? [] : [`  ${described(setting, code)}`],
  );
  if (lines.length > 0) throw new Error(`Portico cannot start.\n${lines.join('\n')}`);
}

function described({ host, port, purpose, variable }: PortSetting, code: string): string {
  const name = `${port} (${purpose})`;
  switch (code) {
    case 'EADDRINUSE':
      return `${name} is taken: stop what uses it, or start with ${variable}=<another port>`;
    case 'EACCES':
      return `${name} is not yours to open: start with ${variable}=<a port above 1023>`;
    default:
      return `${name} cannot be opened on ${host}: ${code}`;
  }
}

function failureToListen({ host, port }: PortSetting): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
