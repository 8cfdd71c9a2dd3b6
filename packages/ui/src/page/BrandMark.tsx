/** Three columns under a pediment: a portico, in the accent colour. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 28 28" aria-hidden="true" focusable="false">
      <path d="M14 2.5 25.5 9v2.25h-23V9z" fill="var(--portico-accent-text)" />
      <path
        d="M5 13.5h3.6v8.75H5zM12.2 13.5h3.6v8.75h-3.6zM19.4 13.5H23v8.75h-3.6z"
        fill="currentColor"
      />
      <path d="M2.5 24h23v2.25h-23z" fill="currentColor" />
    </svg>
  );
}
