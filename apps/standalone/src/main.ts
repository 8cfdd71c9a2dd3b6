import { onTermination } from '@portico/telemetry';
import { banner } from './banner.ts';
import { loadStandaloneConfig } from './config.ts';
import { startStandalone } from './start.ts';

try {
  const config = loadStandaloneConfig(process.env);
  process.stdout.write(`Starting; the data is in ${config.dataDir} …\n`);
  const portico = await startStandalone(config);
  onTermination(async () => {
    process.stdout.write('\nStopping …\n');
    await portico.stop();
  });
  process.stdout.write(await banner(portico, config));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
