import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import {
  CONFIG_FORMAT,
  configMessageSchema,
  configMetaSchema,
  heartbeatSchema,
  pressureHintSchema,
  recordBatchSchema,
  RESOURCE_SCHEMA,
  usageDeltaSchema,
  usageReportSchema,
} from './index.ts';

/**
 * What version 1 of every message looks like, frozen. The other sides test against the same files:
 * enforcement compiles them, messaging decodes their bytes. A change that breaks one of them needs a
 * new format number, and a folder beside this one.
 */
const read = (name: string): unknown =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/v1/${name}.json`, import.meta.url), 'utf8'),
    (_key, value: unknown) =>
      isBytes(value) ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value,
  );

const isBytes = (value: unknown): value is { base64: string } =>
  typeof value === 'object' && value !== null && 'base64' in value;

const snapshot = read('snapshot') as Record<string, unknown[]>;
const signals = read('signals') as Record<string, unknown>;
const messages = read('config-messages') as { body: string; format: number }[];

const FROZEN: readonly (readonly [string, unknown, z.ZodType])[] = [
  ['collection', snapshot['collections']![0], RESOURCE_SCHEMA.collection],
  ['client', snapshot['clients']![0], RESOURCE_SCHEMA.client],
  ['policy', snapshot['policies']![0], RESOURCE_SCHEMA.policy],
  ['config message', messages[0], configMessageSchema],
  ['config meta', JSON.parse(messages.at(-1)!.body), configMetaSchema],
  ['record batch', read('record-batch'), recordBatchSchema],
  ['usage delta', read('usage-delta'), usageDeltaSchema],
  ['heartbeat', signals['heartbeat'], heartbeatSchema],
  ['pressure hint', signals['pressure_hint'], pressureHintSchema],
  ['usage report', signals['usage_report'], usageReportSchema],
];

describe.each(FROZEN)('the frozen %s', (_name, value, schema) => {
  it('is read whole, nothing added and nothing dropped', () => {
    expect(schema.parse(value)).toEqual(value);
  });

  it('is refused with a field that nobody knows: it could be a restriction', () => {
    expect(schema.safeParse({ ...(value as object), surprise: true }).success).toBe(false);
  });
});

describe('what format 1 has gained since', () => {
  const delta = read('usage-delta') as { counts: object[] };
  it.each([
    ['usage delta', { ...delta, counts: [{ ...delta.counts[0], apart: true }] }, usageDeltaSchema],
    [
      'usage report',
      { ...(signals['usage_report'] as object), authoritative: false, last_heard: true },
      usageReportSchema,
    ],
  ] as const)('of a %s is read where it is said', (_name, value, schema) => {
    expect(schema.parse(value)).toEqual(value);
  });
});

describe('format numbers', () => {
  it('are those of the frozen messages', () => {
    expect(new Set(messages.map((message) => message.format))).toEqual(new Set([CONFIG_FORMAT]));
  });

  it.each([
    ['record batch', read('record-batch'), recordBatchSchema],
    ['usage delta', read('usage-delta'), usageDeltaSchema],
    ['heartbeat', signals['heartbeat'], heartbeatSchema],
  ] as const)('of a %s from the future are refused', (_name, value, schema) => {
    expect(schema.safeParse({ ...(value as object), format: 2 }).success).toBe(false);
  });
});
