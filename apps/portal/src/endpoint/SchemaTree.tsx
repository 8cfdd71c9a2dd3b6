import { Prose } from '@portico/ui';
import type { SchemaField } from './describe-schema.ts';
import classes from './FieldList.module.css';

/** A schema as an indented list of fields; the root itself only where it has something to say. */
export function SchemaTree({ field }: { field: SchemaField }) {
  return (
    <div>
      <p className={classes.root}>
        {field.type}
        {field.rules.length > 0 && ` · ${field.rules.join(' · ')}`}
        {field.description && ` · ${field.description}`}
      </p>
      <Inside field={field} />
    </div>
  );
}

function Inside({ field }: { field: SchemaField }) {
  return (
    <>
      {field.children.length > 0 && (
        <ul className={classes.list}>
          {field.children.map((child) => (
            <Row key={child.name} field={child} />
          ))}
        </ul>
      )}
      {field.options.length > 0 && (
        <div className={classes.options}>
          <p className="portico-eyebrow">One of</p>
          <ul className={classes.list}>
            {field.options.map((option) => (
              <Row key={option.name} field={option} />
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Row({ field }: { field: SchemaField }) {
  const hasInside = field.children.length > 0 || field.options.length > 0;
  return (
    <li className={classes.row}>
      <div className={classes.head}>
        <code className={classes.name}>{field.name}</code>
        <span className={classes.type}>{field.type}</span>
        {field.isRequired && <span className={classes.required}>required</span>}
      </div>
      {(field.description || field.rules.length > 0) && (
        <div className={classes.words}>
          {field.description && <Prose text={field.description} />}
          {field.rules.length > 0 && (
            <span className={classes.rules}>{field.rules.join(' · ')}</span>
          )}
        </div>
      )}
      {hasInside && (
        <div className={classes.inside}>
          <Inside field={field} />
        </div>
      )}
    </li>
  );
}
