import classes from './FiguresTable.module.css';

interface FiguresTableProps {
  /** What opens it. */
  readonly summary: string;
  readonly label: string;
  readonly head: readonly string[];
  /** The first cell of each names its row. */
  readonly rows: readonly (readonly string[])[];
}

/** The figures of a chart for keyboards, screen readers, and whoever wants them exactly. */
export function FiguresTable({ summary, label, head, rows }: FiguresTableProps) {
  return (
    <details className={classes.details}>
      <summary>{summary}</summary>
      <div className={classes.scroll} role="group" aria-label={label} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, at) => (
                  <td key={head[at + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
