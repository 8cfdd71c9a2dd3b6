import type { DestinationStream } from 'pino';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly service: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
}

/** `12:00:01 info  gateway  Listening {"port":8080}`, and a stack trace on lines of its own. */
export function prettyStream(target: DestinationStream): DestinationStream {
  return { write: (line) => target.write(prettyLine(line)) };
}

function prettyLine(line: string): string {
  const { time, level, service, msg, err, ...fields } = JSON.parse(line) as Line;
  const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${service}  ${msg ?? ''}${rest}${stack}\n`;
}
