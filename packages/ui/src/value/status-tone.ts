export type StatusTone = 'good' | 'moved' | 'refused' | 'broken';

/** Which of four colours an HTTP status gets; the number always stands beside it. */
export function statusTone(status: number): StatusTone {
  if (status >= 500) return 'broken';
  if (status >= 400) return 'refused';
  return status >= 300 ? 'moved' : 'good';
}
