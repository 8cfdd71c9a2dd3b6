import { formatNumber } from '@portico/ui';
import classes from './ShareTable.module.css';

interface ShareTableProps {
  readonly shares: readonly { readonly name: string; readonly calls: number }[];
}

/** Who made how many, as bars of one common scale. */
export function ShareTable({ shares }: ShareTableProps) {
  const most = Math.max(...shares.map(({ calls }) => calls), 1);
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={classes.calls}>
            Calls
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ name, calls }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              <div className={classes.bar} style={{ width: `${(100 * calls) / most}%` }} />
            </th>
            <td className={classes.calls}>{formatNumber(calls)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
