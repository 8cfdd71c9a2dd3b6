import { Prose } from '@portico/ui';
import type { Parameter } from '../api/types.ts';
import classes from './FieldList.module.css';
import { parameterRules } from './parameter-rules.ts';

const PLACES = [
  ['path', 'In the path'],
  ['query', 'In the query'],
  ['header', 'As headers'],
] as const;

export function ParameterList({ parameters }: { parameters: readonly Parameter[] }) {
  return PLACES.map(([place, title]) => {
    const here = parameters.filter((parameter) => parameter.in === place);
    if (here.length === 0) return null;
    return (
      <div key={place} className={classes.group}>
        <h3 className="portico-eyebrow">{title}</h3>
        <dl className={classes.list}>
          {here.map((parameter) => (
            <ParameterRow key={parameter.name} parameter={parameter} />
          ))}
        </dl>
      </div>
    );
  });
}

function ParameterRow({ parameter }: { parameter: Parameter }) {
  const rules = parameterRules(parameter);
  return (
    <div className={classes.row}>
      <dt className={classes.head}>
        <code className={classes.name}>{parameter.name}</code>
        <span className={classes.type}>
          {parameter.type === 'array' ? `list of ${parameter.items ?? 'string'}` : parameter.type}
          {parameter.format ? ` (${parameter.format})` : ''}
        </span>
        {parameter.required && <span className={classes.required}>required</span>}
      </dt>
      <dd className={classes.words}>
        {parameter.description && <Prose text={parameter.description} />}
        {rules.length > 0 && <span className={classes.rules}>{rules.join(' · ')}</span>}
      </dd>
    </div>
  );
}
