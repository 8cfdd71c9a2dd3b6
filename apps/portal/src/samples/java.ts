import { quote } from './quote.ts';
import type { SampleCall } from './sample-call.ts';

export function javaSample({ method, url, headers, body, withCertificate }: SampleCall): string {
  const publisher =
    body === undefined
      ? 'HttpRequest.BodyPublishers.noBody()'
      : `HttpRequest.BodyPublishers.ofString(${quote(body)})`;
  return [
    'import java.net.URI;',
    'import java.net.http.HttpClient;',
    'import java.net.http.HttpRequest;',
    'import java.net.http.HttpResponse;',
    ...(withCertificate ? CERTIFICATE_IMPORTS : []),
    '',
    'public class Call {',
    '  public static void main(String[] args) throws Exception {',
    ...(withCertificate ? CERTIFICATE : ['    HttpClient client = HttpClient.newHttpClient();']),
    `    HttpRequest request = HttpRequest.newBuilder(URI.create(${quote(url)}))`,
    ...headers.map(({ name, value }) => `        .header(${quote(name)}, ${quote(value)})`),
    `        .method(${quote(method)}, ${publisher})`,
    '        .build();',
    '    HttpResponse<String> response =',
    '        client.send(request, HttpResponse.BodyHandlers.ofString());',
    '    System.out.println(response.statusCode() + " " + response.body());',
    '  }',
    '}',
  ].join('\n');
}

const CERTIFICATE_IMPORTS = [
  'import java.io.FileInputStream;',
  'import java.security.KeyStore;',
  'import javax.net.ssl.KeyManagerFactory;',
  'import javax.net.ssl.SSLContext;',
];

const CERTIFICATE = [
  '    // openssl pkcs12 -export -in client.crt -inkey client.key -out client.p12',
  '    char[] password = System.getenv("CLIENT_P12_PASSWORD").toCharArray();',
  '    KeyStore store = KeyStore.getInstance("PKCS12");',
  '    try (FileInputStream file = new FileInputStream("client.p12")) {',
  '      store.load(file, password);',
  '    }',
  '    KeyManagerFactory keys =',
  '        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());',
  '    keys.init(store, password);',
  '    SSLContext tls = SSLContext.getInstance("TLS");',
  '    tls.init(keys.getKeyManagers(), null, null);',
  '    HttpClient client = HttpClient.newBuilder().sslContext(tls).build();',
];
