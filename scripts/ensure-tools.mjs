// The tests use real services. What is missing is installed with apt where that can be done without
// asking (root on Debian or Ubuntu); anywhere else the run stops and says what to install.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const TOOLS = [
  { names: ['nats-server'], apt: 'nats-server', brew: 'nats-server' },
  { names: ['redis-server'], apt: 'redis-server', brew: 'redis' },
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: 'chromium',
    brew: '--cask chromium',
    apps: [
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
  },
];

// Debian puts servers into sbin, which is not on every user's PATH.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

const isThere = (tool) =>
  (tool.apps ?? []).some(existsSync) ||
  tool.names.some((name) => folders.some((folder) => existsSync(join(folder, name))));

export function ensureTools() {
  const missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length === 0) return;
  if (canApt()) installWithApt(missing);
  const still = TOOLS.filter((tool) => !isThere(tool));
  if (still.length > 0) refuse(still);
}

function canApt() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

function installWithApt(tools) {
  const packages = tools.map((tool) => tool.apt);
  console.log(`Installing with apt: ${packages.join(' ')}`);
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: 'inherit',
      // No service of the package may start: the tests start their own, on ports of their own.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    });
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

function refuse(tools) {
  const apt = tools.map((tool) => tool.apt).join(' ');
  const brew = tools.map((tool) => `brew install ${tool.brew}`).join(' && ');
  console.error(
    `The tests need: ${tools.map((tool) => tool.names[0]).join(', ')}.\n` +
      `  Debian or Ubuntu:  sudo apt-get install ${apt}\n` +
      `  macOS:             ${brew}`,
  );
  process.exit(1);
}
