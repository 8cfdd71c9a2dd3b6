import { Button, Menu, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { ChevronDown, LogOut, Moon, Sun } from 'lucide-react';
import { api, contentOf } from '../api/client.ts';
import { tellOtherTabs } from '../api/other-tabs.ts';
import { useSession } from '../api/queries.ts';
import { endSession } from '../api/query-client.ts';
import classes from './AccountMenu.module.css';

/** Whose portal this is, as whom, and the way out. */
export function AccountMenu() {
  const { client, email } = useSession();
  const signOut = useMutation({
    mutationFn: () => contentOf(api.POST('/api/v1/developer-portal/logout')),
    onSuccess: () => {
      tellOtherTabs('signed-out');
      endSession('signed-out');
    },
  });
  return (
    <Menu
      position="bottom-end"
      width={260}
      shadow="md"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          className={classes.button}
          rightSection={<ChevronDown size={15} />}
        >
          <span className={classes.client}>{client.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label="Account">
        <div className={classes.who}>
          <Text size="sm" fw={600}>
            {client.name}
          </Text>
          <Text size="xs" c="dimmed">
            {email}
          </Text>
        </div>
        <Menu.Divider />
        <ThemeItem />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeItem() {
  const { setColorScheme } = useMantineColorScheme();
  const next = useComputedColorScheme('light') === 'dark' ? 'light' : 'dark';
  return (
    <Menu.Item
      leftSection={next === 'dark' ? <Moon size={15} /> : <Sun size={15} />}
      closeMenuOnClick={false}
      onClick={() => setColorScheme(next)}
    >
      Switch to {next} theme
    </Menu.Item>
  );
}
