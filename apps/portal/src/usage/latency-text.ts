import { formatDuration } from '@portico/ui';

export const latencyText = (ms: number | null): string => (ms === null ? '–' : formatDuration(ms));
