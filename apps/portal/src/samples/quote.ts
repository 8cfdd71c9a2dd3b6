/** Literals that cannot be left early, whatever a header or a body holds. */

/** POSIX shell: nothing is special inside single quotes but the quote itself. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** JSON strings are string literals of JavaScript, Java, Go and C#, and of Python for our text. */
export const quote = (text: string): string =>
  JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

export const indent = (text: string, by: string): string => text.replaceAll('\n', `\n${by}`);
