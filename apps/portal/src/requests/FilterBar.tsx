import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { collectionsQuery } from '../api/queries.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { RANGES } from './filters.ts';
import classes from './FilterBar.module.css';

const STATUSES = [
  { value: '2xx', label: '2xx success' },
  { value: '3xx', label: '3xx redirect' },
  { value: '4xx', label: '4xx refused' },
  { value: '5xx', label: '5xx broken' },
  ...['400', '401', '403', '404', '429'].map((status) => ({ value: status, label: status })),
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** Filters live in the address: a view can be shared, and Back undoes the last one. */
export function FilterBar() {
  const [params, setParams] = useSearchParams();
  const { profiles } = useActiveProfile();
  const { data: collections } = useQuery(collectionsQuery);
  const set = (name: string, value: string | null) =>
    setParams((now) => {
      const next = new URLSearchParams(now);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  const filter = (name: string, label: string) => ({
    'aria-label': label,
    placeholder: label,
    value: params.get(name),
    onChange: (value: string | null) => set(name, value),
    clearable: true,
    clearButtonProps: { 'aria-label': `Clear ${label.toLowerCase()}` },
  });
  return (
    <div className={classes.bar} role="group" aria-label="Filters">
      <Select {...filter('range', 'Any time')} data={[...RANGES]} />
      <Select {...filter('status', 'Any status')} data={STATUSES} />
      <Select {...filter('method', 'Any method')} data={METHODS} />
      <Select {...filter('profile_id', 'Any profile')} data={options(profiles)} />
      <Select {...filter('collection_id', 'Any API')} data={options(collections ?? [])} />
      <PathFilter value={params.get('path') ?? ''} onChange={(path) => set('path', path)} />
      {params.size > 0 && (
        <Button
          variant="subtle"
          leftSection={<X size={14} />}
          onClick={() => setParams(new URLSearchParams())}
        >
          Clear all
        </Button>
      )}
    </div>
  );
}

const options = (named: readonly { id: string; name: string }[]) =>
  named.map(({ id, name }) => ({ value: id, label: name }));

function PathFilter({ value, onChange }: { value: string; onChange: (path: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [settled, setSettled] = useState(value);
  if (settled !== value) {
    // The address changed elsewhere: Back, or Clear all.
    setSettled(value);
    setTyped(value);
  }
  const settle = useDebouncedCallback(onChange, 400);
  return (
    <TextInput
      aria-label="Path starts with"
      placeholder="Path starts with"
      value={typed}
      spellCheck={false}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        settle(event.currentTarget.value);
      }}
    />
  );
}
