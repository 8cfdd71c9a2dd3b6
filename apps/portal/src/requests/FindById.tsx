import { TextInput } from '@mantine/core';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';

/** Straight to one record, by the X-Request-ID of its answer. */
export function FindById() {
  const navigate = useNavigate();
  const [id, setId] = useState('');
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (id.trim()) void navigate(`/requests/${encodeURIComponent(id.trim())}`);
      }}
    >
      <TextInput
        aria-label="Find by request id"
        placeholder="Find by request id"
        leftSection={<Search size={15} aria-hidden="true" />}
        value={id}
        spellCheck={false}
        onChange={(event) => setId(event.currentTarget.value)}
      />
    </form>
  );
}
