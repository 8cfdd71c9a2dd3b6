/** Starts a server in the folder given, says where, and waits to be killed. */
import { startEmbeddedPostgres } from '../src/index.ts';

const [dataDir = ''] = process.argv.slice(2);
const server = await startEmbeddedPostgres({ dataDir });
process.stdout.write(`${server.pid} ${server.url}\n`);
