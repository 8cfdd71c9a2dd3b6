import classes from './EnvironmentDot.module.css';

/** Production is amber everywhere, sandbox is blue, anything else grey: never colour alone. */
export function EnvironmentDot({ environment }: { environment: string }) {
  return <span className={classes.dot} data-environment={environment} aria-hidden="true" />;
}
