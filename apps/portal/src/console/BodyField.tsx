import { Input } from '@mantine/core';
import { useId, useMemo } from 'react';
import type { JsonSchema } from '../api/types.ts';
import { bodyHints, schemaWords } from '../endpoint/body-hints.ts';
import classes from './BodyField.module.css';
import { JsonEditor } from './JsonEditor.tsx';

interface BodyFieldProps {
  readonly schema: JsonSchema | null;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (body: string) => void;
}

/** The body, completed and commented from the endpoint's schema while one types. */
export function BodyField({ schema, value, problem, onChange }: BodyFieldProps) {
  const labelId = useId();
  const words = useMemo(() => (schema === null ? [] : schemaWords(schema)), [schema]);
  const hints = schema === null ? [] : bodyHints(schema, value);
  return (
    <div>
      <p className="portico-eyebrow" id={labelId}>
        Body
      </p>
      <div className={classes.editor} data-invalid={problem ? true : undefined}>
        <JsonEditor value={value} words={words} label="Request body" onChange={onChange} />
      </div>
      {problem && <Input.Error mt={6}>{problem}</Input.Error>}
      <div role="status">
        {hints.length > 0 && (
          <ul className={classes.hints} aria-label="Hints from the schema">
            {hints.map((hint) => (
              <li key={hint}>{hint}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
