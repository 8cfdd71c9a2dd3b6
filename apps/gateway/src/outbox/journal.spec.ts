import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLogger } from '@portico/telemetry';
import { eventually } from '@portico/testkit';
import { copyDirectory } from '../../test/copy-directory.ts';
import { aRecord, Stream } from '../../test/record-stream.ts';
import { encodeFrame, readFrames } from '../journal/frames.ts';
import { readJournalName } from '../journal/journal-name.ts';
import type { JournalEntry } from './journal-entry.ts';
import { Journal } from './journal.ts';
import { LeftBehind } from './left-behind.ts';
import { Outbox } from './outbox.ts';
import { Spill } from './spill.ts';

const silent = createLogger({ service: 'test', level: 'silent' });
const NEVER_MS = 2 ** 31 - 1;
let root: string;
let directories = 0;
const nodes: Node[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portico-journal-'));
});
afterEach(async () => {
  for (const { outbox } of nodes.splice(0)) await outbox.stop(0);
  rmSync(root, { recursive: true, force: true });
});

interface Node {
  readonly outbox: Outbox;
  readonly journal: Journal;
  readonly directory: string;
}
type Settings = Partial<
  Pick<ConstructorParameters<typeof Outbox>[0], 'bytesMax' | 'flushEveryMs' | 'logger'> & {
    readonly journalBytesMax: number;
    readonly appendBytes: number;
    readonly directory: string;
    readonly withSpill: boolean;
  }
>;

const newDirectory = (): string => {
  const directory = join(root, String((directories += 1)));
  mkdirSync(directory);
  return directory;
};

async function start(name: string, stream: Stream, settings: Settings = {}): Promise<Node> {
  const { directory = newDirectory(), logger = silent } = settings;
  const leftBehind = await LeftBehind.open(directory, logger);
  const journal = new Journal({
    ...{ directory, node: name, logger, retryAfterMs: 5 },
    appendBytes: settings.appendBytes ?? 1024 * 1024,
    bytesMax: settings.journalBytesMax ?? 64 * 1024 * 1024,
  });
  const outbox = new Outbox({
    ...{ node: name, publisher: stream, logger, journal, leftBehind, retryAfterMs: 5 },
    spill: settings.withSpill === true ? await Spill.open(directory, 100_000_000) : null,
    bytesMax: settings.bytesMax ?? 64 * 1024 * 1024,
    flushEveryMs: settings.flushEveryMs ?? 5,
  });
  const node = { outbox, journal, directory };
  nodes.push(node);
  return node;
}

/** What a kill at this moment leaves on disk, in another place: the process itself is still needed. */
function killed({ directory }: Node): string {
  const left = newDirectory();
  copyDirectory(directory, left);
  return left;
}

const journalIn = (directory: string): string => {
  const generationOf = (name: string): number => readJournalName(name)?.generation ?? 0;
  const names = readdirSync(directory).filter((name) => name.endsWith('.journal'));
  const [newest] = names.sort((a, b) => generationOf(b) - generationOf(a));
  return join(directory, newest ?? 'there is none');
};
/** Until the journal on disk knows of the record with this number. */
const noted = ({ directory }: Node, sequence: number): Promise<unknown> =>
  eventually(() => {
    const numbers = [...readFrames<JournalEntry>(readFileSync(journalIn(directory)))].flatMap(
      ({ entry }) => {
        if (entry.kind === 'batch') return Number(entry.batchId.split('-').at(-1));
        return entry.kind === 'news' ? Number(entry.added.at(-3) ?? 0) : [];
      },
    );
    return Math.max(...numbers) >= sequence;
  });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const addMany = (outbox: Outbox, count: number, client_id: string | null = 'cl_acme'): void => {
  for (let at = 0; at < count; at += 1) outbox.add(aRecord({ client_id }));
};

describe('the start after a kill', () => {
  it('counts the records that were in no batch, exactly, by client', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 7);
    await noted(first, 7);
    first.outbox.add(aRecord({ client_id: 'cl_globex', timestamp_ms: 5_000 }));
    first.outbox.add(aRecord({ client_id: null, timestamp_ms: 4_000 }));
    await noted(first, 9);
    const stream = new Stream();
    const { directory } = await start('second', stream, { directory: killed(first) });
    await eventually(() => stream.lost === 9);
    expect(stream.losses).toEqual([
      {
        ...{ node: 'first', from_sequence: 1, to_sequence: 9, lost: 9, reason: 'killed' },
        ...{ from_ms: 1, to_ms: 5_000 },
        lost_by_client: { cl_acme: 7, cl_globex: 1, '-': 1 },
      },
    ]);
    await eventually(() => readdirSync(directory).length === 0);
  });

  it('sends the batches that were under way once more, under the ids they had', async () => {
    const stream = new Stream();
    stream.losesAnswers = 2;
    const first = await start('first', stream, { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 450);
    await noted(first, 450);
    const directory = killed(first);
    await start('second', stream, { directory });
    await eventually(() => stream.lost === 50 && readdirSync(directory).length === 0);
    expect(stream.sequences()).toEqual(upTo(400));
    expect(stream.losses).toMatchObject([{ from_sequence: 401, to_sequence: 450 }]);
  });

  it('sends nothing that was acknowledged before', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 200);
    await eventually(() => first.outbox.depth === 0);
    await eventually(() => readFileSync(journalIn(first.directory)).includes('"settled":["first'));
    const stream = new Stream();
    const { outbox } = await start('second', stream, { directory: killed(first) });
    outbox.add(aRecord());
    await eventually(() => stream.records.length > 0);
    expect(stream.publishes).toBe(1);
  });

  it('counts nothing twice when that start is killed, too, and the one after it', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 5);
    await noted(first, 5);
    const left = killed(first);
    const stream = new Stream();
    for (const name of ['second', 'third']) {
      stream.losesAnswers = 1;
      const directory = newDirectory();
      copyDirectory(left, directory);
      await start(name, stream, { directory });
      await eventually(() => stream.losesAnswers === 0);
    }
    expect(stream.lost).toBe(5);
  });

  it('keeps what it found until the stream is there to take it', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 5);
    await noted(first, 5);
    const stream = new Stream();
    stream.isAway = true;
    const second = await start('second', stream, { directory: killed(first) });
    await eventually(() => stream.publishes > 1);
    await second.outbox.stop(0);
    stream.isAway = false;
    await start('third', stream, { directory: second.directory });
    await eventually(() => stream.lost === 5);
  });

  it('counts what had been shed, and what waited behind it', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const first = await start('first', stream, { bytesMax: 200_000 });
    addMany(first.outbox, 12_000);
    expect(first.outbox.lost).toBeGreaterThan(0);
    await eventually(() => first.outbox.depth === 0 || stream.publishes > 200);
    await noted(first, 12_000);
    const directory = killed(first);
    stream.isAway = false;
    const second = new Stream();
    await start('second', second, { directory });
    await eventually(() => readdirSync(directory).length === 0);
    expect(second.records.length + second.lost).toBe(12_000);
    expect(new Set(second.sequences()).size).toBe(second.records.length);
  });

  it('trusts a torn last write no further than it is whole', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 4);
    await noted(first, 4);
    const wholeBytes = statSync(journalIn(first.directory)).size;
    addMany(first.outbox, 3);
    await noted(first, 7);
    const tornBytes = statSync(journalIn(first.directory)).size;
    for (let bytes = 0; bytes <= tornBytes; bytes += 7) {
      const directory = killed(first);
      truncateSync(journalIn(directory), bytes);
      const stream = new Stream();
      const { outbox } = await start(`second-${bytes}`, stream, { directory });
      await eventually(() => readdirSync(directory).length === 0);
      if (bytes >= wholeBytes && bytes < tornBytes) expect(stream.lost).toBe(4);
      else expect(stream.lost).toBeLessThanOrEqual(7);
      await outbox.stop(0);
    }
  });

  it('takes the newest whole file of a journal that was being written anew', async () => {
    const away = new Stream();
    away.isAway = true;
    const first = await start('first', away, { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 5);
    await noted(first, 5);
    const before = readFileSync(journalIn(first.directory));
    addMany(first.outbox, 200);
    await noted(first, 205);
    const after = readFileSync(journalIn(first.directory));
    for (const [newest, lost] of [
      [after, 5],
      [before.subarray(0, before.length - 1), 5],
    ] as const) {
      const directory = newDirectory();
      writeFileSync(join(directory, `${process.pid}~first~9.journal`), before);
      writeFileSync(join(directory, `${process.pid}~first~10.journal`), newest);
      const stream = new Stream();
      await start(`second-${newest.length}`, stream, { directory });
      await eventually(() => readdirSync(directory).length === 0);
      expect([stream.lost, stream.records.length]).toEqual([lost, newest === after ? 200 : 0]);
    }
  });

  it('is stopped by no garbage in the directory', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, `${process.pid}~a~1.journal`), Buffer.alloc(5_000));
    writeFileSync(join(directory, `${process.pid}~b~1.journal`), 'not a journal at all');
    mkdirSync(join(directory, `${process.pid}~d~1.journal`));
    await start('second', new Stream(), { directory });
    // What cannot even be read stays, and is reported.
    expect(readdirSync(directory)).toEqual([`${process.pid}~d~1.journal`]);
  });

  it('leaves a journal of a later format to the version that can read it', async () => {
    const directory = newDirectory();
    const later = encodeFrame({ kind: 'journal', format: 2, node: 'later' });
    writeFileSync(join(directory, `${process.pid}~later~1.journal`), Buffer.concat(later));
    await start('second', new Stream(), { directory });
    expect(readdirSync(directory)).toEqual([`${process.pid}~later~1.journal`]);
  });
});

describe('the journal of a process that is alive', () => {
  it('is left alone, also by a process that was given the same directory', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 5);
    await noted(first, 5);
    const directory = killed(first);
    const living = join(directory, `${process.ppid}~first~1.journal`);
    renameSync(journalIn(directory), living);
    const stream = new Stream();
    const { outbox } = await start('second', stream, { directory });
    outbox.add(aRecord());
    await eventually(() => stream.records.length > 0);
    expect([stream.lost, existsSync(living)]).toEqual([0, true]);
    // Since then the machine has started again: whoever has the id now, it is not the writer.
    const beforeBoot = Date.now() / 1_000 - uptime() - 60;
    utimesSync(living, beforeBoot, beforeBoot);
    await start('third', stream, { directory });
    await eventually(() => stream.lost === 5);
  });

  it('is left alone by another node of the same process', async () => {
    const first = await start('first', new Stream(), { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 5);
    await noted(first, 5);
    const stream = new Stream();
    const { outbox } = await start('second', stream, { directory: first.directory });
    outbox.add(aRecord());
    await eventually(() => stream.records.length > 0);
    await outbox.stop(1_000);
    expect([stream.lost, existsSync(journalIn(first.directory))]).toEqual([0, true]);
  });
});

describe('the journal', () => {
  it('stays small however much goes through', async () => {
    const stream = new Stream();
    const { outbox, directory } = await start('busy', stream, { appendBytes: 50_000 });
    let largest = 0;
    for (let round = 0; round < 100; round += 1) {
      for (let at = 0; at < 200; at += 1) outbox.add(aRecord({ path: `/${Math.random()}` }));
      await nextTurn();
      for (const name of readdirSync(directory)) {
        const found = statSync(join(directory, name), { throwIfNoEntry: false });
        largest = Math.max(largest, found?.size ?? 0);
      }
    }
    await eventually(() => stream.records.length === 20_000, { withinMs: 30_000 });
    // About 700 kB were written in all; a few batches are under way at a time.
    expect(largest).toBeGreaterThan(40_000);
    expect(largest).toBeLessThan(400_000);
  }, 60_000);

  it('is gone after a stop that left nothing, with every file that it replaced', async () => {
    const settings = { appendBytes: 1, bytesMax: 100_000 };
    const { outbox, directory } = await start('orderly', new Stream(), settings);
    addMany(outbox, 3_000);
    await outbox.stop(5_000);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('hands on what a stop could not send, and what it gave up', async () => {
    const away = new Stream();
    away.isAway = true;
    const first = await start('first', away, { flushEveryMs: NEVER_MS });
    addMany(first.outbox, 200 * 32 + 10);
    await first.outbox.stop(0);
    const stream = new Stream();
    await start('second', stream, { directory: first.directory });
    await eventually(() => stream.records.length === 200 * 32 && stream.lost === 10);
    expect(stream.losses).toMatchObject([{ lost: 10, reason: 'shutdown' }]);
  });

  it('lets go of batches that were spilled: they are on disk already', async () => {
    const away = new Stream();
    away.isAway = true;
    const first = await start('first', away, { withSpill: true });
    addMany(first.outbox, 400);
    await eventually(() => first.outbox.depth === 0 && readdirSync(first.directory).length >= 3);
    await eventually(() => settledIn(journalIn(first.directory)).length === 2);
    const stream = new Stream();
    const directory = killed(first);
    await start('second', stream, { directory, withSpill: true });
    await eventually(() => stream.records.length === 400);
    expect([stream.publishes, stream.lost]).toEqual([2, 0]);
  });
});

describe('a disk that refuses', () => {
  it('costs the journal and nothing else, is reported once, and is tried again later', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      ...{ service: 'test', level: 'info' as const },
      destination: { write: (line) => void lines.push(line) },
    });
    const stream = new Stream();
    const node = await start('node', stream, { logger });
    const inTheWay = join(node.directory, `${process.pid}~node~1.journal`);
    mkdirSync(inTheWay);
    await eventually(() => {
      node.outbox.add(aRecord());
      return node.journal.failures > 2;
    });
    await eventually(() => stream.records.length > 0 && node.outbox.depth === 0);
    expect(lines.filter((line) => line.includes('Cannot keep a journal'))).toHaveLength(1);
    rmSync(inTheWay, { recursive: true });
    await eventually(() => {
      node.outbox.add(aRecord());
      return node.journal.bytes > 0;
    });
    expect(lines.filter((line) => line.includes('is kept again'))).toHaveLength(1);
    await node.outbox.stop(5_000);
    expect(stream.sequences()).toEqual(upTo(stream.records.length));
    expect(stream.lost).toBe(0);
  });

  it('is survived when it is full', async () => {
    const stream = new Stream();
    const node = await start('node', stream, { flushEveryMs: NEVER_MS });
    // Whatever is written to this device, the kernel answers ENOSPC.
    symlinkSync('/dev/full', join(node.directory, `${process.pid}~node~1.journal`));
    addMany(node.outbox, 3);
    await eventually(() => node.journal.failures > 0);
    expect(readdirSync(node.directory)).toEqual([]);
    await node.outbox.stop(5_000);
    expect(stream.sequences()).toEqual(upTo(3));
  });

  it('takes the lines with it whose batches it did not take: they are no losses', async () => {
    const stream = new Stream();
    const node = await start('node', stream, { flushEveryMs: NEVER_MS, journalBytesMax: 1_500 });
    addMany(node.outbox, 5);
    await noted(node, 5);
    for (let at = 0; at < 195; at += 1) node.outbox.add(aRecord({ path: `/${Math.random()}` }));
    expect(node.journal.failures).toBe(1);
    expect(readdirSync(node.directory)).toEqual([]);
    await eventually(() => stream.records.length === 200);
  });

  it('is no reason not to start, nor to refuse records', async () => {
    const stream = new Stream();
    const node = await start('node', stream);
    rmSync(node.directory, { recursive: true });
    addMany(node.outbox, 500);
    await node.outbox.stop(5_000);
    expect(stream.sequences()).toEqual(upTo(500));
    expect(node.journal.failures).toBeGreaterThan(0);
  });
});

describe('a journal file', () => {
  it('is read up to the first frame that is not as it was written', () => {
    const first = Buffer.concat(encodeFrame({ kind: 'news', added: [1, 2, 'ä\n"'], settled: [] }));
    const second = Buffer.concat(
      encodeFrame({ kind: 'batch', batchId: 'b', last: 1 }, Buffer.from([0, 255])),
    );
    const bytes = Buffer.concat([first, second]);
    const entries = [...readFrames<JournalEntry>(bytes)].map(({ entry }) => entry);
    expect(entries.map(({ kind }) => kind)).toEqual(['news', 'batch']);
    expect([...readFrames(bytes)].at(-1)?.payload).toEqual(Buffer.from([0, 255]));
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect([...readFrames(damaged)]).toHaveLength(at < first.length ? 0 : 1);
    }
  });
});

const settledIn = (path: string): readonly string[] =>
  [...readFrames<JournalEntry>(readFileSync(path))].flatMap(({ entry }) =>
    entry.kind === 'news' ? entry.settled : [],
  );
