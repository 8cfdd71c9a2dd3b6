import { Code } from '@mantine/core';
import { Note } from '@portico/ui';
import type { Refusal } from './read-refusal.ts';
import classes from './RefusalNote.module.css';

/** Why the gateway said no: which check, what to do. */
export function RefusalNote({ refusal }: { refusal: Refusal }) {
  return (
    <Note tone="caution" title={`Not met: ${refusal.check}`}>
      <p>{refusal.advice}</p>
      {refusal.details.length > 0 && (
        <ul className={classes.details}>
          {refusal.details.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <Code>{path}</Code> {message}
            </li>
          ))}
        </ul>
      )}
      <p className={classes.code}>
        The gateway’s code for this is <Code>{refusal.code}</Code>.
      </p>
    </Note>
  );
}
