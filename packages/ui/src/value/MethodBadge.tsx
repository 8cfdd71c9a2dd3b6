import classes from './MethodBadge.module.css';

/** An HTTP method, told apart by word first and colour second. */
export function MethodBadge({ method }: { method: string }) {
  return (
    <span className={classes.method} data-method={method}>
      {method}
    </span>
  );
}
