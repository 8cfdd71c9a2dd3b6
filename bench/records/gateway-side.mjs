// The gateway's side of a record and nothing else: build, number, queue, pack, publish, acknowledge.
//   node gateway-side.mjs <JSON: natsUrl, records, logBodies, seed, core>
// Prints what that cost; the records are then in the stream.
import { setImmediate as turn } from 'node:timers/promises';
import { connectNats } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { Outbox } from '../../apps/gateway/dist/outbox/outbox.js';
import { buildRecord } from '../../apps/gateway/dist/records/build-record.js';
import { requestIdOf } from '../../apps/gateway/dist/server/request-id.js';
import { makeExchanges } from './exchanges.mjs';

const { natsUrl, records, logBodies, seed } = JSON.parse(process.argv[2]);
/** What an event loop answers before it looks at its sockets again. */
const PER_TURN = 50;
/** More than this waiting, and the stream is the slower one. */
const DEPTH_MAX = 4_000;
const WARM_UP = 20_000;

const logger = createLogger({ service: 'bench', level: 'warn' });
const feeds = await connectNats({ servers: natsUrl, name: 'bench', logger });
const exchanges = makeExchanges(5_000, { logBodies, seed });
// Identifiers of their own for every record, made beforehand: the request has one, recorded or not.
const ids = Array.from({ length: records }, () => requestIdOf(undefined));
/** So that nothing is built for nobody. */
let kept;
const instant = { publish: () => Promise.resolve() };

const build = await measured((count) => buildAll(count), Math.min(records, 100_000));
const packed = await measured((count) => send(count, instant), Math.min(records, 100_000));
const published = await measured((count) => send(count, feeds.records), records, 0);
await feeds.close();
console.log(JSON.stringify({ build, packed, published }));

/** Microseconds of CPU a record: of the event loop's thread, and of the process with its helpers. */
async function measured(work, count, warmUp = WARM_UP) {
  if (warmUp > 0) await work(Math.min(warmUp, count));
  const [loop, all] = [process.threadCpuUsage(), process.cpuUsage()];
  await work(count);
  const micros = ({ user, system }) => (user + system) / count;
  return { loop: micros(process.threadCpuUsage(loop)), process: micros(process.cpuUsage(all)) };
}

async function buildAll(count) {
  for (let at = 0; at < count; at += 1) {
    kept = buildRecord(exchanges[at % exchanges.length], 'bench');
    if (at % PER_TURN === 0) await turn();
  }
}

async function send(count, publisher) {
  const node = `bench-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const outbox = new Outbox({ node, publisher, logger, bytesMax: 64 * 1024 * 1024, spill: null });
  for (let at = 0; at < count; at += 1) {
    const record = buildRecord(exchanges[at % exchanges.length], node);
    record.request_id = ids[at];
    outbox.add(record);
    if (at % PER_TURN === 0) {
      do await turn();
      while (outbox.depth > DEPTH_MAX);
    }
  }
  await outbox.stop(60_000);
  if (outbox.lost > 0) throw new Error(`${outbox.lost} records were lost on the way`);
}
