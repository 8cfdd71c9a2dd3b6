/**
 * Lays XML out over lines by its tags. Text between tags that is not only white space stays as it
 * is, with its tags, on one line; a document it cannot follow comes back unchanged.
 */
export function indentXml(xml: string): string {
  const parts = xml.match(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g) ?? [];
  if (parts.join('') !== xml) return xml;
  const lines: string[] = [];
  let depth = 0;
  let isInText = false;
  for (const part of parts) {
    const isText = !part.startsWith('<') || part.startsWith('<![CDATA[');
    if (isText) {
      if (part.trim() === '') continue;
      lines.push(`${lines.pop() ?? ''}${part.trim()}`);
      isInText = true;
      continue;
    }
    const isClosing = part.startsWith('</');
    if (isClosing) depth -= 1;
    if (depth < 0) return xml;
    const closesLine = isClosing && (isInText || isOpeningOf(lines.at(-1), part));
    if (closesLine) lines.push(`${lines.pop() ?? ''}${part}`);
    else lines.push(`${'  '.repeat(depth)}${part}`);
    if (!isClosing && !/^<[?!]|\/>$/.test(part)) depth += 1;
    isInText = false;
  }
  return depth === 0 ? lines.join('\n') : xml;
}

/** `<a>` just before `</a>`: an empty element stays on one line. */
function isOpeningOf(line: string | undefined, closing: string): boolean {
  const name = closing.slice(2, -1).trim();
  return line !== undefined && new RegExp(`^<${escape(name)}(?:\\s[^>]*)?>$`).test(line.trim());
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
