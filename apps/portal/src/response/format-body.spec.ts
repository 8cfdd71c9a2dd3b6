import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bodySize, formatBody, headerValue } from './format-body.ts';
import { indentJson } from './indent-json.ts';
import { indentXml } from './indent-xml.ts';

const text = (body: string) => ({ body, body_encoding: 'utf8' as const });
const base64 = (bytes: number[]) => ({
  body: Buffer.from(bytes).toString('base64'),
  body_encoding: 'base64' as const,
});

describe('indentJson', () => {
  it('gives every document back with the same meaning', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const source = JSON.stringify(value);
        expect(JSON.parse(indentJson(source) ?? '')).toEqual(JSON.parse(source));
      }),
    );
  });

  it('lays documents out as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(indentJson(JSON.stringify(value))).toBe(
          JSON.stringify(JSON.parse(JSON.stringify(value)), null, 2),
        );
      }),
    );
  });

  it('keeps numbers that JavaScript would round', () => {
    expect(indentJson('{"id":12345678901234567890,"p":1.10}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "p": 1.10\n}',
    );
  });

  it('leaves what is no JSON alone', () => expect(indentJson('{"a":')).toBeUndefined());
});

describe('indentXml', () => {
  it('puts elements on lines of their own and keeps text beside its tags', () => {
    expect(indentXml('<?xml version="1.0"?><a><b x="1">hi</b><c/><d></d><!-- n --></a>')).toBe(
      [
        '<?xml version="1.0"?>',
        '<a>',
        '  <b x="1">hi</b>',
        '  <c/>',
        '  <d></d>',
        '  <!-- n -->',
        '</a>',
      ].join('\n'),
    );
  });

  it.each(['<a><b></a', 'no xml', '</a></b>', '<a>'])('%s comes back unchanged', (broken) =>
    expect(indentXml(broken)).toBe(broken),
  );
});

describe('formatBody', () => {
  it('no bytes are an empty body', () => {
    expect(formatBody(text(''), 'application/json')).toEqual({ kind: 'empty' });
  });

  it.each(['application/json; charset=utf-8', 'application/problem+json', ''])(
    '%p is laid out as JSON',
    (type) => {
      expect(formatBody(text('{"a":1}'), type)).toMatchObject({
        language: 'json',
        text: '{\n  "a": 1\n}',
      });
    },
  );

  it('JSON that is none is shown as it came', () => {
    expect(formatBody(text('oops'), 'application/json')).toEqual({
      kind: 'text',
      language: 'plain',
      text: 'oops',
    });
  });

  it('markup of an upstream stays text, whatever it claims to be', () => {
    const html = '<script>alert(1)</script>';
    expect(formatBody(text(html), 'text/html')).toEqual({
      kind: 'text',
      language: 'plain',
      text: html,
    });
    expect(formatBody(text(html), 'image/svg+xml')).toMatchObject({ kind: 'text' });
    expect(formatBody(base64([60, 115]), 'image/svg+xml')).toMatchObject({ kind: 'binary' });
  });

  it('bytes are an image only when they are said to be a raster one', () => {
    expect(formatBody(base64([137, 80]), 'image/png')).toMatchObject({
      kind: 'image',
      type: 'image/png',
    });
    expect(formatBody(base64([1, 2]), 'application/pdf')).toMatchObject({ kind: 'binary' });
    expect(formatBody(base64([1, 2]), '')).toMatchObject({ type: 'application/octet-stream' });
  });
});

it('the size of a body is its size on the wire', () => {
  expect(bodySize(text('é'))).toBe(2);
  expect(bodySize(base64([1, 2, 3]))).toBe(3);
});

it('a header is found whatever its case, repeated ones joined', () => {
  expect(
    headerValue(
      [
        ['Set-Cookie', 'a'],
        ['set-cookie', 'b'],
      ],
      'set-cookie',
    ),
  ).toBe('a, b');
  expect(headerValue([], 'via')).toBe('');
});
