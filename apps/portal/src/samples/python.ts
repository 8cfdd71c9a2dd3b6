import { quote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function pythonSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  return [
    'import requests',
    '',
    'response = requests.request(',
    `    ${quote(method)},`,
    `    ${quote(url)},`,
    '    headers={',
    ...headers.map(({ name, value }) => `        ${quote(name)}: ${quote(value)},`),
    '    },',
    ...(body === undefined ? [] : [`    data=${quote(body)}.encode("utf-8"),`]),
    ...(withCertificate ? ['    cert=("client.crt", "client.key"),'] : []),
    '    timeout=30,',
    ')',
    '',
    'print(response.status_code, response.text)',
  ].join('\n');
}
