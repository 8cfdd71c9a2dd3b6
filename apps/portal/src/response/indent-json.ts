/**
 * Lays JSON out over lines without touching a single value, or undefined when it is no JSON.
 * `JSON.stringify(JSON.parse(…))` would round large numbers and drop repeated keys.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const out: string[] = [];
  let depth = 0;
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    if (token === '{' || token === '[') {
      const isEmpty = next === '}' || next === ']';
      depth += 1;
      out.push(token, isEmpty ? '' : newLine(depth));
    } else if (token === '}' || token === ']') {
      depth -= 1;
      const wasEmpty = tokens[at - 1] === '{' || tokens[at - 1] === '[';
      out.push(wasEmpty ? '' : newLine(depth), token);
    } else if (token === ',') {
      out.push(token, newLine(depth));
    } else {
      out.push(token === ':' ? ': ' : token);
    }
  });
  return out.join('');
}

const newLine = (depth: number): string => `\n${'  '.repeat(depth)}`;
