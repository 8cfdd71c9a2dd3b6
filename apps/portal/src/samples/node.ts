import { quote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function nodeSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  const options = [
    ...(method === 'GET' ? [] : [`  method: ${quote(method)},`]),
    '  headers: {',
    ...headers.map(({ name, value }) => `    ${quote(name)}: ${quote(value)},`),
    '  },',
    ...(body === undefined ? [] : [`  body: ${quote(body)},`]),
    ...(withCertificate ? ['  dispatcher,'] : []),
  ];
  return [
    ...(withCertificate ? CERTIFICATE : []),
    `const response = await fetch(${quote(url)}, {`,
    ...options,
    '});',
    '',
    'console.log(response.status, await response.text());',
  ].join('\n');
}

const CERTIFICATE = [
  "import { readFileSync } from 'node:fs';",
  "import { Agent, fetch } from 'undici';",
  '',
  'const dispatcher = new Agent({',
  '  connect: {',
  "    cert: readFileSync('client.crt'),",
  "    key: readFileSync('client.key'),",
  '  },',
  '});',
  '',
];
