import { Button, Menu } from '@mantine/core';
import { ChevronDown, Download } from 'lucide-react';
import { openApiUrl, postmanUrl } from '../api/downloads.ts';
import type { CollectionDetail } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';

const FORMATS = [
  { label: 'OpenAPI 3.1, YAML', version: '3.1', format: 'yaml' },
  { label: 'OpenAPI 3.1, JSON', version: '3.1', format: 'json' },
  { label: 'OpenAPI 3.0, YAML', version: '3.0', format: 'yaml' },
  { label: 'OpenAPI 3.0, JSON', version: '3.0', format: 'json' },
] as const;

/** The same definitions the gateway enforces, as files for other tools. */
export function DownloadMenu({ collection }: { collection: Pick<CollectionDetail, 'id'> }) {
  const { active } = useActiveProfile();
  return (
    <Menu
      position="bottom-end"
      width={230}
      shadow="md"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<Download size={16} />}
          rightSection={<ChevronDown size={15} />}
        >
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map(({ label, version, format }) => (
          <Menu.Item
            key={label}
            component="a"
            download={`${collection.id}.openapi-${version}.${format}`}
            href={openApiUrl(collection.id, { version, format })}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          component="a"
          download={`${collection.id}.postman.json`}
          href={postmanUrl(collection.id, active?.id)}
        >
          Postman collection
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
