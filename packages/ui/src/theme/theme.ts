import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Code,
  createTheme,
  Drawer,
  Modal,
  Paper,
  SegmentedControl,
  Table,
  Tooltip,
} from '@mantine/core';
import type { MantineThemeOverride } from '@mantine/core';
import { accentShades, FILLED_SHADE } from './palette.ts';
import type { Shades } from './palette.ts';

/** Warm limestone for the light scheme, green-black slate for the dark one. */
const STONE: Shades = [
  '#f7f5f1',
  '#f0ede7',
  '#e5e1d9',
  '#d6d1c6',
  '#bab4a8',
  '#8f897e',
  '#69655d',
  '#54514a',
  '#383632',
  '#22211f',
];
const SLATE: Shades = [
  '#e7e9e6',
  '#c9cec9',
  '#b0b8b2',
  '#7f8882',
  '#3b4340',
  '#2b3230',
  '#1d2321',
  '#151a18',
  '#101412',
  '#0b0e0d',
];

const SANS =
  "system-ui, -apple-system, 'Segoe UI Variable Text', 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif";
const MONO =
  "ui-monospace, 'SF Mono', SFMono-Regular, 'Cascadia Code', 'JetBrains Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";

const heading = (fontSize: string, lineHeight: string) => ({ fontSize, lineHeight });

/** A dialog's own header is no second banner of the page, and its cross has a name. */
const DIALOG = {
  attributes: { header: { role: 'presentation' } },
  closeButtonProps: { 'aria-label': 'Close' },
} as const;

/** The look of both web apps; the accent colour is the operator's. */
export const porticoTheme = (accent: string): MantineThemeOverride =>
  createTheme({
    colors: { accent: [...accentShades(accent)], gray: [...STONE], dark: [...SLATE] },
    primaryColor: 'accent',
    primaryShade: { light: FILLED_SHADE, dark: FILLED_SHADE },
    black: STONE[9],
    fontFamily: SANS,
    fontFamilyMonospace: MONO,
    fontSizes: {
      xs: '0.78125rem',
      sm: '0.875rem',
      md: '0.9375rem',
      lg: '1.0625rem',
      xl: '1.25rem',
    },
    headings: {
      fontFamily: SANS,
      fontWeight: '650',
      textWrap: 'balance',
      sizes: {
        h1: heading('1.75rem', '1.2'),
        h2: heading('1.1875rem', '1.3'),
        h3: heading('1rem', '1.4'),
        h4: heading('0.9375rem', '1.4'),
      },
    },
    defaultRadius: 'md',
    radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '20px' },
    respectReducedMotion: true,
    cursorType: 'pointer',
    components: {
      ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
      Anchor: Anchor.extend({ defaultProps: { underline: 'hover' } }),
      Badge: Badge.extend({ defaultProps: { radius: 'sm', variant: 'light' } }),
      Button: Button.extend({ defaultProps: { fw: 600 } }),
      Code: Code.extend({ defaultProps: { bg: 'transparent', p: 0, fz: '0.92em' } }),
      Drawer: Drawer.extend({ defaultProps: DIALOG }),
      Modal: Modal.extend({ defaultProps: { centered: true, radius: 'lg', ...DIALOG } }),
      Paper: Paper.extend({ defaultProps: { radius: 'lg' } }),
      SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'sm' } }),
      Table: Table.extend({ defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'md' } }),
      Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 300 } }),
    },
  });
