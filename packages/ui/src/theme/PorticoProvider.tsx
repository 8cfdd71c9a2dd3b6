import '@mantine/core/styles.css';
import './portico.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import type { CSSVariablesResolver } from '@mantine/core';
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { DEFAULT_ACCENT } from './palette.ts';
import { porticoTheme } from './theme.ts';

/** `public/color-scheme.js` of each app reads this key before the first paint: keep them alike. */
export const COLOR_SCHEME_KEY = 'portico.color-scheme';

const colorSchemeManager = localStorageColorSchemeManager({ key: COLOR_SCHEME_KEY });

const resolveVariables: CSSVariablesResolver = (theme) => ({
  variables: {},
  light: {
    '--mantine-color-body': theme.colors.gray[0],
    '--mantine-color-dimmed': theme.colors.gray[6],
    '--mantine-color-anchor': theme.colors.accent?.[7] ?? theme.black,
    '--mantine-color-placeholder': theme.colors.gray[6],
    '--mantine-color-error': '#b42318',
    '--portico-surface': '#ffffff',
    '--portico-sunken': theme.colors.gray[1],
    '--portico-line': theme.colors.gray[2],
    '--portico-line-strong': theme.colors.gray[3],
    '--portico-accent-text': theme.colors.accent?.[7] ?? theme.black,
    '--portico-accent-wash': theme.colors.accent?.[0] ?? theme.white,
  },
  dark: {
    '--mantine-color-body': theme.colors.dark[8],
    '--mantine-color-text': theme.colors.dark[0],
    '--mantine-color-dimmed': theme.colors.dark[2],
    '--mantine-color-anchor': theme.colors.accent?.[4] ?? theme.white,
    '--mantine-color-placeholder': theme.colors.dark[2],
    '--mantine-color-error': '#ff8f85',
    '--portico-surface': theme.colors.dark[7],
    '--portico-sunken': theme.colors.dark[9],
    '--portico-line': theme.colors.dark[5],
    '--portico-line-strong': theme.colors.dark[4],
    '--portico-accent-text': theme.colors.accent?.[4] ?? theme.white,
    '--portico-accent-wash': `color-mix(in srgb, ${theme.colors.accent?.[7]} 18%, transparent)`,
  },
});

/** Theme, colour scheme and base styles; wraps the whole app. */
export function PorticoProvider({ accent, children }: { accent?: string; children: ReactNode }) {
  const theme = useMemo(() => porticoTheme(accent ?? DEFAULT_ACCENT), [accent]);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      cssVariablesResolver={resolveVariables}
    >
      {children}
    </MantineProvider>
  );
}
