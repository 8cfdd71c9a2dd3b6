import { ActionIcon, Button, TextInput } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import type { CallInput, ExtraField } from './call-input.ts';
import classes from './Console.module.css';

interface ExtraFieldsProps {
  readonly input: CallInput;
  readonly edit: (part: Partial<CallInput>) => void;
}

/** Headers and query beyond the definition, for whoever needs them. */
export function ExtraFields({ input, edit }: ExtraFieldsProps) {
  const { extraHeaders, extraQuery } = input;
  const empty = { name: '', value: '' };
  return (
    <div>
      <Lines
        noun="header"
        fields={extraHeaders}
        onChange={(fields) => edit({ extraHeaders: fields })}
      />
      <Lines
        noun="query parameter"
        fields={extraQuery}
        onChange={(fields) => edit({ extraQuery: fields })}
      />
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Plus size={14} />}
        onClick={() => edit({ extraHeaders: [...extraHeaders, empty] })}
      >
        Add header
      </Button>
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<Plus size={14} />}
        onClick={() => edit({ extraQuery: [...extraQuery, empty] })}
      >
        Add query parameter
      </Button>
    </div>
  );
}

interface LinesProps {
  readonly noun: string;
  readonly fields: readonly ExtraField[];
  readonly onChange: (fields: readonly ExtraField[]) => void;
}

function Lines({ noun, fields, onChange }: LinesProps) {
  return fields.map((field, at) => {
    const change = (part: Partial<ExtraField>) => onChange(fields.with(at, { ...field, ...part }));
    return (
      <div key={at} className={classes.line}>
        <TextInput
          aria-label={`Name of extra ${noun} ${at + 1}`}
          placeholder="Name"
          value={field.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          aria-label={`Value of extra ${noun} ${at + 1}`}
          placeholder="Value"
          value={field.value}
          onChange={(event) => change({ value: event.currentTarget.value })}
        />
        <ActionIcon
          size="lg"
          aria-label={`Remove extra ${noun} ${at + 1}`}
          onClick={() => onChange(fields.toSpliced(at, 1))}
        >
          <X size={16} />
        </ActionIcon>
      </div>
    );
  });
}
