interface CurlCall {
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly isMtls: boolean;
}

/** A command for POSIX shells; every value is quoted, so none can end the quote it stands in. */
export function curlCommand({ url, headers, isMtls }: CurlCall): string {
  const parts = [
    `curl ${quoted(url)}`,
    ...(isMtls ? ['--cert client.crt --key client.key'] : []),
    ...headers.map(({ name, value }) => `-H ${quoted(`${name}: ${value}`)}`),
  ];
  return parts.join(' \\\n  ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
