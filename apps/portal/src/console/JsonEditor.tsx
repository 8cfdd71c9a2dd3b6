import { completeFromList } from '@codemirror/autocomplete';
import { json, jsonLanguage, jsonParseLinter } from '@codemirror/lang-json';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { linter } from '@codemirror/lint';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import CodeMirror from '@uiw/react-codemirror';
import { useMemo } from 'react';

interface JsonEditorProps {
  readonly value: string;
  readonly label: string;
  /** Offered while typing. */
  readonly words: readonly string[];
  readonly onChange: (text: string) => void;
}

/** CodeMirror in the portal's own colours; loaded only where there is a body to write. */
export function JsonEditor({ value, label, words, onChange }: JsonEditorProps) {
  const extensions = useMemo(
    () => [
      json(),
      linter(jsonParseLinter()),
      jsonLanguage.data.of({
        autocomplete: completeFromList(words.map((word) => ({ label: word, type: 'property' }))),
      }),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label }),
      syntaxHighlighting(COLOURS),
      LOOK,
    ],
    [label, words],
  );
  return (
    <CodeMirror
      value={value}
      onChange={onChange}
      extensions={extensions}
      theme="none"
      // Tab has to leave the editor, or the keyboard would be caught in it.
      indentWithTab={false}
      basicSetup={{
        highlightActiveLine: false,
        highlightActiveLineGutter: false,
        foldGutter: false,
      }}
      minHeight="7rem"
      maxHeight="24rem"
    />
  );
}

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'light-dark(#0f5f8f, #7cc4f0)' },
  { tag: tags.string, color: 'light-dark(#2f6b1f, #93d47f)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#875100, #efb65c)' },
]);

const LOOK = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--mantine-color-text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    padding: '0.6rem 0',
    fontFamily: 'var(--mantine-font-family-monospace)',
    caretColor: 'var(--mantine-color-text)',
  },
  '.cm-gutters': {
    backgroundColor: 'transparent',
    color: 'var(--mantine-color-dimmed)',
    border: 'none',
  },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--portico-surface)',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--portico-line-strong)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--mantine-color-accent-7)',
    color: '#fff',
  },
});
