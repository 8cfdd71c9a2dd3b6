import { connect } from 'node:net';

/** Writes bytes as they are and gives back everything that came until the peer closed. */
export function exchangeBytes(port: number, bytes: string | readonly string[]): Promise<string> {
  const parts = typeof bytes === 'string' ? [bytes] : bytes;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const giveUp = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stayed open; so far: ${Buffer.concat(chunks).toString()}`));
    }, 20_000);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    for (const part of parts) socket.write(part, 'latin1');
  });
}

export const statusesOf = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));

/** The JSON body of the last answer. */
export const errorOf = (answer: string): string =>
  (JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n') + 4)) as { error: string }).error;
