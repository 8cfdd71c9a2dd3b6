import { OfflineBanner, SkipLink } from '@portico/ui';
import { Outlet, ScrollRestoration, useNavigation } from 'react-router';
import { useSession } from '../api/queries.ts';
import { ActiveProfileProvider, useActiveProfile } from '../profile/active-profile.tsx';
import { ProfileSelect } from '../profile/ProfileSelect.tsx';
import { AccountMenu } from './AccountMenu.tsx';
import classes from './AppShell.module.css';
import { BrandHome, MobileNavigation, Navigation } from './Navigation.tsx';

/** Header and frame of every page behind the sign-in. */
export function AppShell() {
  const { client } = useSession();
  return (
    <ActiveProfileProvider key={client.id}>
      <SkipLink to="content" />
      <Header />
      <OfflineBanner />
      <main id="content" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      <ScrollRestoration />
    </ActiveProfileProvider>
  );
}

function Header() {
  const { active } = useActiveProfile();
  const isNavigating = useNavigation().state === 'loading';
  return (
    <header className={classes.header} data-environment={active?.environment}>
      <div className={classes.progress} data-busy={isNavigating || undefined} />
      <div className={classes.bar}>
        <BrandHome />
        <Navigation />
        <div className={classes.profile}>
          <ProfileSelect />
        </div>
        <div className={classes.account}>
          <AccountMenu />
          <MobileNavigation />
        </div>
      </div>
    </header>
  );
}
