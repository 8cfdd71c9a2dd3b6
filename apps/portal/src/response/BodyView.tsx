import { Button } from '@mantine/core';
import { CodeBlock, formatBytes } from '@portico/ui';
import { Download } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { formatBody } from './format-body.ts';
import type { Body } from './format-body.ts';
import classes from './ResponseView.module.css';

interface BodyViewProps {
  readonly body: Body;
  readonly contentType: string;
  readonly isTruncated: boolean;
  readonly label: string;
}

/** A body laid out for reading. Text is text: nothing an API sends is ever rendered as a page. */
export function BodyView({ body, contentType, isTruncated, label }: BodyViewProps) {
  return (
    <>
      <Shown body={body} contentType={contentType} label={label} />
      {isTruncated && (
        <p className={classes.note}>This is the beginning; the whole body is longer.</p>
      )}
    </>
  );
}

function Shown({ body, contentType, label }: Omit<BodyViewProps, 'isTruncated'>) {
  const shown = useMemo(() => formatBody(body, contentType), [body, contentType]);
  switch (shown.kind) {
    case 'empty':
      return <p className={classes.note}>No body.</p>;
    case 'text':
      return <CodeBlock code={shown.text} label={label} maxHeight={440} />;
    case 'image':
      return <ImageBody bytes={shown.bytes} type={shown.type} label={label} />;
    case 'binary':
      return <BinaryBody bytes={shown.bytes} type={shown.type} />;
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

function ImageBody({ bytes, type, label }: { bytes: Bytes; type: string; label: string }) {
  const url = useObjectUrl(bytes, type);
  return url && <img className={classes.image} src={url} alt={`${label}, ${type}`} />;
}

function BinaryBody({ bytes, type }: { bytes: Bytes; type: string }) {
  // Never under its own type: a download must not be something the browser would open as a page.
  const url = useObjectUrl(bytes, 'application/octet-stream');
  return (
    <p className={classes.note}>
      {type}, {formatBytes(bytes.length)}{' '}
      <Button
        component="a"
        href={url}
        download="response.bin"
        variant="default"
        size="xs"
        ml="sm"
        leftSection={<Download size={14} />}
      >
        Download
      </Button>
    </p>
  );
}

/** A blob address, given back when it is not shown any more. */
function useObjectUrl(bytes: Bytes, type: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return url;
}
