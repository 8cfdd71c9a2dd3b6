import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accentShades, contrastRatio, DEFAULT_ACCENT, FILLED_SHADE } from './palette.ts';

const hexColour = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  .map((bytes) => `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`);

describe('accentShades', () => {
  it('white text is readable on the filled shade, whatever colour the operator configured', () => {
    fc.assert(
      fc.property(hexColour, (accent) => {
        expect(contrastRatio(accentShades(accent)[FILLED_SHADE], '#ffffff')).toBeGreaterThan(4.5);
      }),
    );
  });

  it('links stay readable on dark panels, whatever colour the operator configured', () => {
    fc.assert(
      fc.property(hexColour, (accent) => {
        expect(contrastRatio(accentShades(accent)[4], '#1d2321')).toBeGreaterThan(4.5);
      }),
    );
  });

  it('every ramp runs from light to dark', () => {
    fc.assert(
      fc.property(hexColour, (accent) => {
        const contrasts = accentShades(accent).map((shade) => contrastRatio(shade, '#ffffff'));
        expect(contrasts).toEqual([...contrasts].sort((a, b) => a - b));
      }),
    );
  });

  it('a short hex colour means the same as its long form', () => {
    expect(accentShades('#27c')).toEqual(accentShades('#2277cc'));
  });

  it('a colour that cannot be read falls back to the default accent', () => {
    expect(accentShades('javascript:alert(1)')).toEqual(accentShades(DEFAULT_ACCENT));
  });
});

describe('contrastRatio', () => {
  it('agrees with the figures of WCAG 2', () => {
    expect(contrastRatio('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrastRatio('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});
