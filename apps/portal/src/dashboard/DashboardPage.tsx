import { useSession } from '../api/queries.ts';
import { Page } from '../shell/Page.tsx';
import { CollectionGrid } from './CollectionGrid.tsx';
import classes from './DashboardPage.module.css';
import { FirstCall } from './FirstCall.tsx';
import { RecentCalls } from './RecentCalls.tsx';
import { UsageGlance } from './UsageGlance.tsx';

/** Home: what the contract covers, the way to a first call, and how it is going. */
export function DashboardPage() {
  const { client } = useSession();
  return (
    <Page title="Your APIs" description={`Everything ${client.name} is contracted to call.`}>
      <div className={classes.layout}>
        <div className={classes.first}>
          <FirstCall />
        </div>
        <div className={classes.main}>
          <CollectionGrid />
          <RecentCalls />
        </div>
        <div className={classes.side}>
          <UsageGlance />
        </div>
      </div>
    </Page>
  );
}
