// One PostgreSQL per run, started by the first test that asks for a database: a run of unit tests
// alone pays for a listening socket and nothing else.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../embedded/src/index.ts';

export default async function globalSetup() {
  let started;
  const answers = createServer((_request, response) => {
    // Test files ask minutes apart: a kept connection would be closed just as the next one writes to it.
    response.setHeader('connection', 'close');
    started ??= startThrowAwayPostgres();
    started.then(
      ({ server }) => response.end(server.url),
      (error) => response.writeHead(500).end(describe(error)),
    );
  });
  answers.listen(0, '127.0.0.1');
  await once(answers, 'listening');
  process.env.PORTICO_TEST_POSTGRES = `http://127.0.0.1:${answers.address().port}`;
  globalThis.stopTestPostgres = async () => {
    answers.closeAllConnections();
    answers.close();
    const running = await started?.catch(() => undefined);
    await running?.server.stop();
    if (running) await rm(running.dataDir, { recursive: true, force: true });
  };
}

async function startThrowAwayPostgres() {
  const dataDir = await mkdtemp(join(tmpdir(), 'portico-test-postgres-'));
  const server = await startEmbeddedPostgres({
    dataDir,
    // Nothing here outlives the run, so nothing has to reach the disk.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  return { server, dataDir };
}

const describe = (error) =>
  [error, error?.cause, error?.cause?.cause].filter(Boolean).map(String).join('\n');
