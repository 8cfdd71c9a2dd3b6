// One wrk run against one URL, with the identity headers of 10,000 partners in turn.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { find } from './processes.mjs';

const run = promisify(execFile);

/** Requests are built once, so that wrk spends its core on sending. */
export function writeScript(dir, callers, path) {
  const file = join(dir, 'callers.tsv');
  writeFileSync(
    file,
    callers.map((one) => [one.client, one.profile, one.token].join('\t')).join('\n'),
  );
  const script = join(dir, 'callers.lua');
  writeFileSync(
    script,
    `local requests, at = {}, 0
function init(args)
  for line in io.lines("${file}") do
    local client, profile, token = line:match("([^\\t]+)\\t([^\\t]+)\\t([^\\t]+)")
    requests[#requests + 1] = wrk.format("GET", "${path}", {
      ["Host"] = "gateway.test", ["X-Client-ID"] = client, ["X-Profile-ID"] = profile,
      ["Authorization"] = "Bearer " .. token })
  end
  at = math.random(#requests)
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, r)
  io.write(string.format("RESULT %d %d %d %.1f %.1f %d\\n", summary.requests, summary.duration,
    summary.errors.status, latency:percentile(50), latency:percentile(99),
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
`,
  );
  return script;
}

/** Requests per second, p50 and p99 in ms, and how many answers were not 2xx or 3xx. */
export async function wrk(url, { script, seconds, connections, core }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const pinned = core !== undefined && find('taskset') !== undefined;
  const { stdout } = pinned
    ? await run('taskset', ['-c', String(core), 'wrk', ...args])
    : await run('wrk', args);
  const [, requests, micros, errors, p50, p99, broken] = stdout
    .match(/RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/)
    .map(Number);
  return {
    requests,
    perSecond: requests / (micros / 1e6),
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    errors,
    broken,
  };
}
