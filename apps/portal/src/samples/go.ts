import { quote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function goSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  const imports = [
    ...(withCertificate ? ['"crypto/tls"'] : []),
    '"fmt"',
    '"io"',
    '"net/http"',
    ...(body === undefined ? [] : ['"strings"']),
  ];
  return [
    'package main',
    '',
    'import (',
    ...imports.map((name) => `\t${name}`),
    ')',
    '',
    'func main() {',
    ...(withCertificate ? CERTIFICATE : ['\tclient := http.DefaultClient']),
    `\treq, err := http.NewRequest(${quote(method)}, ${quote(url)}, ${bodyOf(body)})`,
    ...STOP_ON_ERROR,
    ...headers.map(({ name, value }) => `\treq.Header.Set(${quote(name)}, ${quote(value)})`),
    '\tres, err := client.Do(req)',
    ...STOP_ON_ERROR,
    '\tdefer res.Body.Close()',
    '\tanswer, err := io.ReadAll(res.Body)',
    ...STOP_ON_ERROR,
    '\tfmt.Println(res.StatusCode, string(answer))',
    '}',
  ].join('\n');
}

const bodyOf = (body: string | undefined): string =>
  body === undefined ? 'nil' : `strings.NewReader(${quote(body)})`;

const STOP_ON_ERROR = ['\tif err != nil {', '\t\tpanic(err)', '\t}'];

const CERTIFICATE = [
  '\tpair, err := tls.LoadX509KeyPair("client.crt", "client.key")',
  ...STOP_ON_ERROR,
  '\tclient := &http.Client{Transport: &http.Transport{',
  '\t\tTLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}},',
  '\t}}',
];
