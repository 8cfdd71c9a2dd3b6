import { shellQuote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function curlSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  const lines = [
    method === 'GET' ? `curl ${shellQuote(url)}` : `curl -X ${method} ${shellQuote(url)}`,
  ];
  if (withCertificate) lines.push('--cert client.crt --key client.key');
  lines.push(...headers.map(({ name, value }) => `-H ${shellQuote(`${name}: ${value}`)}`));
  if (body !== undefined) lines.push(`--data-binary ${shellQuote(body)}`);
  return lines.join(' \\\n  ');
}
