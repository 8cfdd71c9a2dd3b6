export interface CurlCall {
  readonly method?: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string | undefined;
  /** Presents the files of a client certificate. */
  readonly withCertificate?: boolean;
}

/** A command that a POSIX shell reads as it stands, whatever the values hold. */
export function toCurl({ method = 'GET', url, headers, body, withCertificate }: CurlCall): string {
  const parts = [
    ...(method === 'GET' ? [] : [method === 'HEAD' ? '--head' : `--request ${method}`]),
    ...(withCertificate === true ? ['--cert client.crt', '--key client.key'] : []),
    ...headers.map(({ name, value }) => `--header ${quoted(`${name}: ${value}`)}`),
    // `--data-raw`, because `--data` reads a file where the body starts with @.
    ...(body === undefined ? [] : [`--data-raw ${quoted(body)}`]),
    quoted(url),
  ];
  return `curl ${parts.join(' \\\n  ')}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
