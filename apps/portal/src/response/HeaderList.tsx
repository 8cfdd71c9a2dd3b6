import classes from './ResponseView.module.css';

/** Headers as they came: order, repetition and all. */
export function HeaderList({ headers }: { headers: readonly (readonly [string, string])[] }) {
  if (headers.length === 0) return <p className={classes.note}>None were recorded.</p>;
  return (
    <dl className={classes.headers}>
      {headers.map(([name, value], at) => (
        <div key={at} className={classes.header}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
