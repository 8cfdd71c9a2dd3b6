import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';

/** Grey rows in the place of what is on its way. */
export function LoadingRows({ rows = 3, height = 44 }: { rows?: number; height?: number }) {
  return (
    <Stack gap="sm" role="status" p="xs">
      <VisuallyHidden>Loading…</VisuallyHidden>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} radius="md" />
      ))}
    </Stack>
  );
}
