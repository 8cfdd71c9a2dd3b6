import { endSession, queryClient } from './query-client.ts';

/**
 * Tabs share one session cookie. Without a word between them, a tab would show one client's name over
 * another client's data after a second link was opened elsewhere.
 */
type News = 'signed-in' | 'signed-out';

const channel = new BroadcastChannel('portico.session');

export const tellOtherTabs = (news: News): void => channel.postMessage(news);

channel.addEventListener('message', ({ data }: MessageEvent<News>) => {
  if (data === 'signed-out') endSession('signed-out');
  else void queryClient.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'branding' });
});
