/**
 * The first name that occurs twice in one object of a JSON text, or null. The text must be valid
 * JSON. Iterative, so nesting costs memory in proportion and never the stack.
 */
export function findRepeatedName(text: string): string | null {
  const objects: (Set<string> | null)[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      const end = endOfString(text, at);
      const names = objects.at(-1);
      if (names && isName(text, end)) {
        const name = JSON.parse(text.slice(at, end)) as string;
        if (names.size === names.add(name).size) return name;
      }
      at = end;
      continue;
    }
    if (char === '{') objects.push(new Set());
    else if (char === '[') objects.push(null);
    else if (char === '}' || char === ']') objects.pop();
    at += 1;
  }
  return null;
}

/** Index just behind the closing quote of the string that opens at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** In an object, the string before a colon is a name. */
function isName(text: string, from: number): boolean {
  let at = from;
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1;
  return text[at] === ':';
}
