import { NumberInput, Select, TextInput } from '@mantine/core';
import type { Parameter } from '../api/types.ts';

interface ParameterInputProps {
  readonly parameter: Parameter;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

/** The input that fits the parameter's type; every one of them yields text. */
export function ParameterInput({ parameter, value, problem, onChange }: ParameterInputProps) {
  const { name, required, description, type } = parameter;
  const common = { label: name, required, description, error: problem };
  const choices = choicesOf(parameter);
  if (choices) {
    return (
      <Select
        {...common}
        data={choices}
        value={value === '' ? null : value}
        placeholder={parameter.default === undefined ? 'Any' : `Default: ${parameter.default}`}
        clearable={!required}
        clearButtonProps={{ 'aria-label': `Clear ${name}` }}
        allowDeselect={!required}
        onChange={(chosen) => onChange(chosen ?? '')}
        comboboxProps={{ shadow: 'md' }}
      />
    );
  }
  if (type === 'integer' || type === 'number') {
    return (
      <NumberInput
        {...common}
        value={value}
        allowDecimal={type === 'number'}
        clampBehavior="none"
        {...(parameter.minimum === undefined ? {} : { min: parameter.minimum })}
        {...(parameter.maximum === undefined ? {} : { max: parameter.maximum })}
        placeholder={placeholderOf(parameter)}
        onChange={(number) => onChange(String(number))}
        hideControls
      />
    );
  }
  return (
    <TextInput
      {...common}
      type={parameter.format === 'date' ? 'date' : 'text'}
      value={value}
      placeholder={placeholderOf(parameter)}
      onChange={(event) => onChange(event.currentTarget.value)}
      spellCheck={false}
      autoComplete="off"
    />
  );
}

function choicesOf(parameter: Parameter): string[] | undefined {
  if (parameter.type === 'array') return undefined;
  if (parameter.enum) return parameter.enum.map(String);
  return parameter.type === 'boolean' ? ['true', 'false'] : undefined;
}

function placeholderOf({ type, default: fallback, example, format }: Parameter): string {
  if (fallback !== undefined) return `Default: ${fallback}`;
  if (type === 'array') return 'Separate several with commas';
  return example === undefined ? (format ?? '') : String(example);
}
