import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core';
import { Note } from '@portico/ui';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import type { Profile, Rotated } from '../api/types.ts';
import { GRACE_PERIODS, rotate } from './rotate.ts';

interface RotateDialogProps {
  readonly profile: Profile;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onRotated: (rotated: Rotated) => void;
}

/** Asks how long the old secret shall live on; rotating is for everybody who uses the profile. */
export function RotateDialog({ profile, opened, onClose, onRotated }: RotateDialogProps) {
  const [grace, setGrace] = useState<string>('86400');
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: () => rotate(profile.id, Number(grace)),
    onSuccess: (rotated) => {
      onRotated(rotated);
      onClose();
    },
  });
  const close = () => {
    reset();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={`Rotate the secret of “${profile.name}”`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text size="sm">
          A new secret is made at once. Everybody who calls with this profile has to change over
          before the old one ends.
        </Text>
        <Radio.Group
          label="How long shall the old one keep working?"
          value={grace}
          onChange={setGrace}
        >
          <Stack gap="xs" mt="xs">
            {GRACE_PERIODS.map(({ value, label }) => (
              <Radio key={value} value={value} label={label} />
            ))}
          </Stack>
        </Radio.Group>
        {grace === '0' && (
          <Note tone="caution">Calls with the old secret are refused from that moment on.</Note>
        )}
        {error && (
          <Note tone="caution" role="alert" title="Nothing was changed">
            {error instanceof ApiError ? error.message : 'Please try again.'}
          </Note>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button loading={isPending} onClick={() => mutate()}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
