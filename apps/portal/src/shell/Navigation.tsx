import { Burger, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, NavLink } from 'react-router';
import { BrandName, useBranding } from './branding.tsx';
import classes from './Navigation.module.css';

const PAGES = [
  { to: '/', label: 'APIs' },
  { to: '/requests', label: 'Requests' },
  { to: '/usage', label: 'Usage' },
  { to: '/credentials', label: 'Credentials' },
] as const;

export function BrandHome() {
  const { name } = useBranding();
  return (
    <Link to="/" className={classes.home} aria-label={`${name}, home`}>
      <BrandName />
    </Link>
  );
}

export function Navigation() {
  return (
    <nav aria-label="Main" className={classes.wide}>
      <PageLinks />
    </nav>
  );
}

export function MobileNavigation() {
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <div className={classes.narrow}>
      <Burger opened={opened} onClick={toggle} size="sm" aria-label="Menu" />
      <Drawer opened={opened} onClose={close} position="right" size="18rem" title="Menu">
        <nav aria-label="Main" className={classes.drawer}>
          <PageLinks onFollow={close} />
        </nav>
      </Drawer>
    </div>
  );
}

function PageLinks({ onFollow }: { onFollow?: () => void }) {
  return PAGES.map(({ to, label }) => (
    <NavLink key={to} to={to} end={to === '/'} className={classes.link ?? ''} onClick={onFollow}>
      {label}
    </NavLink>
  ));
}
