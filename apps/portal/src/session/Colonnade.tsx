import classes from './Colonnade.module.css';

const ARCHES = [0, 1, 2, 3] as const;
const RINGS = [92, 76, 60, 44] as const;

/** Arches in the accent colour: a row of doors, one of them lit. Decoration only. */
export function Colonnade() {
  return (
    <div className={classes.wall} aria-hidden="true">
      <svg viewBox="0 0 800 900" preserveAspectRatio="xMidYMax slice" className={classes.drawing}>
        {ARCHES.map((arch) => (
          <g key={arch} transform={`translate(${arch * 200} 0)`} data-lit={arch === 2 || undefined}>
            {RINGS.map((radius, ring) => (
              <path
                key={radius}
                className={classes.ring}
                style={{ opacity: 0.2 + ring * 0.22 }}
                d={`M${100 - radius} 900V470A${radius} ${radius} 0 0 1 ${100 + radius} 470V900Z`}
              />
            ))}
            <path className={classes.column} d="M0 350H200V362H0z" />
          </g>
        ))}
        <path className={classes.column} d="M0 318H800V338H0z" />
      </svg>
    </div>
  );
}
