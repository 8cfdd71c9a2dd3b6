import { SegmentedControl, TextInput } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import type { EndpointDetail, Method, Parameter } from '../api/types.ts';
import { fieldKey, hasWildcard, sendsBody, WILDCARD } from './call-input.ts';
import type { CallInput } from './call-input.ts';
import classes from './Console.module.css';
import { ExtraFields } from './ExtraFields.tsx';
import { ParameterInput } from './ParameterInput.tsx';

const BodyField = lazy(async () => ({ default: (await import('./BodyField.tsx')).BodyField }));

interface InputFieldsProps {
  readonly endpoint: EndpointDetail;
  readonly input: CallInput;
  readonly edit: (part: Partial<CallInput>) => void;
  readonly problemOf: (field: string) => string | undefined;
}

export function InputFields({ endpoint, input, edit, problemOf }: InputFieldsProps) {
  const set = (field: string, value: string) =>
    edit({ values: { ...input.values, [field]: value } });
  const inputsOf = (place: Parameter['in']) =>
    pathAndDefined(endpoint, place).map((parameter) => (
      <ParameterInput
        key={fieldKey(parameter)}
        parameter={parameter}
        value={input.values[fieldKey(parameter)] ?? ''}
        problem={problemOf(fieldKey(parameter))}
        onChange={(value) => set(fieldKey(parameter), value)}
      />
    ));
  return (
    <>
      {endpoint.methods.length > 1 && (
        <SegmentedControl
          aria-label="Method"
          data={[...endpoint.methods]}
          value={input.method}
          onChange={(method) => edit({ method: method as Method })}
        />
      )}
      <Group title="Path">
        {inputsOf('path')}
        {hasWildcard(endpoint) && (
          <TextInput
            label={`Path below ${endpoint.full_path.slice(0, -1)}`}
            placeholder="reports/2026/january.pdf"
            required
            value={input.values[WILDCARD] ?? ''}
            error={problemOf(WILDCARD)}
            onChange={(event) => set(WILDCARD, event.currentTarget.value)}
          />
        )}
      </Group>
      <Group title="Query">{inputsOf('query')}</Group>
      <Group title="Headers">{inputsOf('header')}</Group>
      <ExtraFields input={input} edit={edit} />
      {sendsBody(input.method) && (
        <Suspense fallback={null}>
          <BodyField
            schema={endpoint.request_schema}
            value={input.body}
            problem={problemOf('body')}
            onChange={(body) => edit({ body })}
          />
        </Suspense>
      )}
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const isEmpty = (Array.isArray(children) ? children.flat() : [children]).every((child) => !child);
  if (isEmpty) return null;
  return (
    <fieldset className={classes.group}>
      <legend className="portico-eyebrow">{title}</legend>
      <div className={classes.fields}>{children}</div>
    </fieldset>
  );
}

/** A path template may name a parameter that the list forgot: it needs an input all the same. */
function pathAndDefined(endpoint: EndpointDetail, place: Parameter['in']): readonly Parameter[] {
  const defined = endpoint.parameters.filter((parameter) => parameter.in === place);
  if (place !== 'path') return defined;
  const names = [...endpoint.full_path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? '');
  const forgotten = names.filter((name) => !defined.some((parameter) => parameter.name === name));
  return [
    ...defined,
    ...forgotten.map((name) => ({ name, in: place, type: 'string', required: true }) as const),
  ];
}
