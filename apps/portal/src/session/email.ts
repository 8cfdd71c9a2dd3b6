/** What is wrong with an address before it is sent, or undefined. The server has the last word. */
export function emailProblem(text: string): string | undefined {
  const email = text.trim();
  if (email === '') return 'Enter your email address.';
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    return 'This does not look like an email address. It should read like name@company.com.';
  }
  return email.length > 254 ? 'This address is too long.' : undefined;
}
