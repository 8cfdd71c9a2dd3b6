import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { firstLoadBudget, firstLoadBytes } from '../build/first-load-budget.ts';

type Bundle = Parameters<typeof firstLoadBytes>[0];

/** Random text, so that compressing it does not make it small. */
const code = (kilobytes: number) => randomBytes(kilobytes * 750).toString('base64');
const chunk = (fileName: string, over: object) => ({
  [fileName]: { type: 'chunk', fileName, isEntry: false, imports: [], code: '', ...over },
});
const bundle = (entryKilobytes: number): Bundle =>
  ({
    ...chunk('index.js', { isEntry: true, imports: ['vendor.js'], code: code(entryKilobytes) }),
    ...chunk('vendor.js', { imports: ['index.js'], code: code(20) }),
    ...chunk('editor.js', { code: code(900) }),
    'index.css': { type: 'asset', fileName: 'index.css', source: code(50) },
  }) as unknown as Bundle;

describe('the first-load budget', () => {
  it('counts the entry and what it imports statically, not lazy pages, not styles', () => {
    const kilobytes = firstLoadBytes(bundle(40)) / 1000;
    expect(kilobytes).toBeGreaterThan(40);
    expect(kilobytes).toBeLessThan(80);
  });

  it('fails a build that is over it, and lets one pass that is not', () => {
    const build = (kilobytes: number) => {
      const context = {
        error: (text: string) => {
          throw new Error(text);
        },
        info: () => undefined,
      };
      const { generateBundle } = firstLoadBudget({ maxKilobytes: 100 });
      const run = generateBundle as unknown as (options: unknown, bundle: Bundle) => void;
      run.call(context, {}, bundle(kilobytes));
    };
    expect(() => build(40)).not.toThrow();
    expect(() => build(200)).toThrow(/of 100 kB compressed JavaScript/);
  });
});
