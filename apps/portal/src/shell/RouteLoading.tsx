import { Center, Loader, VisuallyHidden } from '@mantine/core';

/** Before the first page: nothing to show a skeleton of yet. */
export function RouteLoading() {
  return (
    <Center mih="60vh" role="status">
      <VisuallyHidden>Loading…</VisuallyHidden>
      <Loader size="sm" type="dots" />
    </Center>
  );
}
