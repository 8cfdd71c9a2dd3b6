import { quote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function csharpSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  const contentType = headers.find(({ name }) => name.toLowerCase() === 'content-type');
  // .NET keeps Content-Type with the content, and refuses it among the request's own headers.
  const own = headers.filter((header) => header !== contentType);
  const imports = [
    ...(body === undefined ? [] : ['using System.Net.Http.Headers;']),
    ...(withCertificate ? ['using System.Security.Cryptography.X509Certificates;'] : []),
  ];
  return [
    ...imports,
    ...(imports.length > 0 ? [''] : []),
    ...(withCertificate ? CERTIFICATE : ['using var client = new HttpClient();']),
    `using var request = new HttpRequestMessage(new HttpMethod(${quote(method)}), ${quote(url)});`,
    ...own.map(
      ({ name, value }) =>
        `request.Headers.TryAddWithoutValidation(${quote(name)}, ${quote(value)});`,
    ),
    ...contentLines(body, contentType?.value),
    '',
    'using var response = await client.SendAsync(request);',
    'Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");',
  ].join('\n');
}

const contentLines = (body: string | undefined, type: string | undefined): string[] =>
  body === undefined
    ? []
    : [
        `request.Content = new StringContent(${quote(body)});`,
        `request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(${quote(type ?? 'application/json')});`,
      ];

const CERTIFICATE = [
  'using var handler = new HttpClientHandler();',
  'handler.ClientCertificates.Add(',
  '    X509Certificate2.CreateFromPemFile("client.crt", "client.key"));',
  'using var client = new HttpClient(handler);',
];
