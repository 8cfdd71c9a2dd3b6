import { Code } from '@mantine/core';

/** An operator's words: text with line breaks, and `code` between backticks. Nothing else. */
export function Prose({ text }: { text: string }) {
  return text
    .split(/(`[^`\n]+`)/)
    .map((part, at) =>
      at % 2 === 1 ? <Code key={at}>{part.slice(1, -1)}</Code> : <span key={at}>{part}</span>,
    );
}
