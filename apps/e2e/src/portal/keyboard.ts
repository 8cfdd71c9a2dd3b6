import type { Page } from 'playwright-core';

/** Where the keyboard is. */
export interface Focus {
  readonly name: string;
  readonly tag: string;
  /** Whether anything about it looks different from when it is not focused. */
  readonly isVisible: boolean;
}

// The focused element and what surrounds it, since an input shows its focus on its label or frame.
// Looks are compared with and without focus; focusing again by script keeps the keyboard's ring.
const READ_FOCUS = `(() => {
  const focused = document.activeElement;
  const around = [focused.nextElementSibling];
  for (let at = focused; at && around.length < 7; at = at.parentElement) around.push(at);
  // A border that fades to its colour counts with the colour it fades to.
  const settle = () => {
    getComputedStyle(focused).color;
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
  };
  const looks = () => settle() ?? JSON.stringify(around.map((one) => {
    if (!one) return '';
    const { outline, boxShadow, borderColor, backgroundColor, textDecoration, transform, top } =
      getComputedStyle(one);
    return [outline, boxShadow, borderColor, backgroundColor, textDecoration, transform, top];
  }));
  const labels = focused.labels ? [...focused.labels].map((label) => label.innerText) : [];
  const name = focused.getAttribute('aria-label') ?? (labels.join(' ') || focused.innerText || '');
  const withFocus = looks();
  focused.blur();
  const without = looks();
  focused.focus({ preventScroll: true });
  // A radio button may be drawn by its label alone.
  const { width, height } = (focused.labels?.[0] ?? focused).getBoundingClientRect();
  return {
    name: name.replace(/\\s+/g, ' ').trim().slice(0, 80),
    tag: focused.tagName.toLowerCase(),
    isVisible: withFocus !== without && width > 0 && height > 0,
  };
})()`;

export const focusOf = (page: Page): Promise<Focus> => page.evaluate<Focus>(READ_FOCUS);

const STOPS_MAX = 80;

/** Presses Tab until the wanted element has the focus; every stop on the way must be seen. */
export async function tabTo(page: Page, wanted: string | RegExp, key = 'Tab'): Promise<Focus[]> {
  const stops: Focus[] = [];
  while (stops.length < STOPS_MAX) {
    await page.keyboard.press(key);
    const focus = await focusOf(page);
    stops.push(focus);
    if (focus.tag !== 'body' && !focus.isVisible) {
      throw new Error(`the focus on ${focus.tag} "${focus.name}" cannot be seen`);
    }
    const isThere = typeof wanted === 'string' ? focus.name === wanted : wanted.test(focus.name);
    if (isThere) return stops;
  }
  const path = stops.map(({ tag, name }) => `${tag} "${name}"`).join(' → ');
  throw new Error(`no ${String(wanted)} within ${STOPS_MAX} stops: ${path}`);
}
