import { Text, Tooltip } from '@mantine/core';
import { formatDateTime, formatRelative } from './format.ts';
import { useNow } from './useNow.ts';

/** `2 minutes ago`, with the exact time on hover and for machines. */
export function RelativeTime({ at }: { at: string }) {
  const nowMs = useNow();
  return (
    <Tooltip label={formatDateTime(at)}>
      <Text component="time" dateTime={at} inherit span>
        {formatRelative(Date.parse(at), nowMs)}
      </Text>
    </Tooltip>
  );
}
