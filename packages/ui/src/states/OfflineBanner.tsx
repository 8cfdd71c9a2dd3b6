import { useNetwork } from '@mantine/hooks';
import { WifiOff } from 'lucide-react';
import classes from './OfflineBanner.module.css';

/** Says so while the browser has no network; what is on the screen stays readable. */
export function OfflineBanner() {
  const { online } = useNetwork();
  return (
    <div role="status" aria-live="polite">
      {!online && (
        <p className={classes.banner}>
          <WifiOff size={16} aria-hidden="true" />
          You are offline. What you see may be out of date; it refreshes when you are back.
        </p>
      )}
    </div>
  );
}
