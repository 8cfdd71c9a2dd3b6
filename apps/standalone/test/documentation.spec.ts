import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const APPS = ['control-plane', 'gateway', 'log-ingest', 'standalone'];
/** Set by npm, not by people. */
const NOT_OURS = new Set(['INIT_CWD']);

/** config.ts of an app, and the settings of a feature that keeps its own. */
const settingsOf = (app: string) =>
  globSync([`apps/${app}/src/config.ts`, `apps/${app}/src/**/*-settings.ts`], { cwd: root });

const VARIABLE = /^\s+([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): ?(?!decided|host|env)/gm;

const readBy = (app: string): readonly string[] =>
  settingsOf(app)
    .flatMap((file) => [...read(file).matchAll(VARIABLE)].map((match) => match[1]!))
    .filter((name) => !NOT_OURS.has(name));

const documented = new Set(
  [...read('README.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map((match) => match[1]!),
);

describe('the table of environment variables in the README', () => {
  it.each(APPS)('has a row for everything that %s reads', (app) => {
    const names = readBy(app);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('has no row for what nobody reads', () => {
    const known = new Set(APPS.flatMap(readBy));
    expect([...documented].filter((name) => !known.has(name))).toEqual([]);
  });
});
