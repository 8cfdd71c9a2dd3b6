// Prints one table and keeps the same figures as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem } from 'node:os';

const results = new URL('../results/', import.meta.url);

export function report(name, { method, rows, notes = [] }) {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    arch: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  console.log(`\n${name}\n${'='.repeat(name.length)}`);
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n${method}\n`);
  console.log(table(rows));
  for (const note of notes) console.log(`- ${note}`);
  mkdirSync(results, { recursive: true });
  const file = new URL(`${name}.json`, results);
  writeFileSync(file, `${JSON.stringify({ name, machine, method, rows, notes }, null, 2)}\n`);
}

function table(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = (value) =>
    value === undefined || value === null ? '–' : typeof value === 'number' ? round(value) : value;
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column])))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => `${line[index]}`.length)),
  );
  return lines
    .map((line) => line.map((cell, index) => `${cell}`.padEnd(widths[index])).join('  '))
    .join('\n');
}

const round = (value) =>
  Math.abs(value) >= 100 ? String(Math.round(value)) : String(Math.round(value * 1000) / 1000);

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
