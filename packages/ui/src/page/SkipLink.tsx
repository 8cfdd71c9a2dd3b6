import classes from './SkipLink.module.css';

/** First thing the Tab key reaches: past the navigation, to the page. */
export function SkipLink({ to }: { to: string }) {
  return (
    <a className={classes.skip} href={`#${to}`}>
      Skip to content
    </a>
  );
}
