/** Ten shades from nearly white (0) to nearly black (9), as Mantine wants them. */
export type Shades = readonly [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

/** Verdigris: the patina of an old copper roof. What an operator's accent colour replaces. */
export const DEFAULT_ACCENT = '#1f7567';

/** The shade that carries white text: OKLCH lightness 0.48 keeps every hue above 4.5 : 1. */
export const FILLED_SHADE = 7;

const LIGHTNESS = [0.975, 0.945, 0.895, 0.83, 0.76, 0.67, 0.57, 0.48, 0.41, 0.33];
const CHROMA = [0.1, 0.2, 0.4, 0.62, 0.82, 0.95, 1, 0.96, 0.85, 0.68];

/**
 * One hue at ten fixed lightnesses. Lightness comes from the ramp and not from the colour given, so
 * that an operator who configures a pale yellow still gets readable buttons.
 */
export function accentShades(accent: string): Shades {
  const { chroma, hue } = toOklch(parseHex(accent) ?? parseHex(DEFAULT_ACCENT)!);
  const shades = LIGHTNESS.map((lightness, at) =>
    toHex(inGamut(lightness, chroma * (CHROMA[at] ?? 1), hue)),
  );
  return shades as unknown as Shades;
}

/** WCAG 2 contrast ratio of two `#rrggbb` colours, 1 to 21. */
export function contrastRatio(one: string, other: string): number {
  const [bright, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (bright + 0.05) / (dim + 0.05);
}

type Rgb = readonly [number, number, number];

/** Linear sRGB, 0 to 1, or undefined when the text is no `#rgb` or `#rrggbb`. */
function parseHex(text: string): Rgb | undefined {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const full = short
    ? `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join('')}`
    : text;
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(full);
  if (!parts) return undefined;
  return parts.slice(1).map((part) => toLinear(parseInt(part, 16) / 255)) as unknown as Rgb;
}

const toLinear = (channel: number): number =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;

const fromLinear = (channel: number): number =>
  channel <= 0.0031308 ? channel * 12.92 : 1.055 * channel ** (1 / 2.4) - 0.055;

function luminance(hex: string): number {
  const [red, green, blue] = parseHex(hex) ?? [0, 0, 0];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Björn Ottosson's OKLab matrices, https://bottosson.github.io/posts/oklab/. */
function toOklch([red, green, blue]: Rgb): { chroma: number; hue: number } {
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  const a = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short;
  const b = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short;
  return { chroma: Math.hypot(a, b), hue: Math.atan2(b, a) };
}

function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
}

/** Gives up chroma, never lightness, until a screen can show the colour. */
function inGamut(lightness: number, chroma: number, hue: number): Rgb {
  for (let share = 1; share > 0; share -= 0.05) {
    const rgb = fromOklch(lightness, chroma * share, hue);
    if (rgb.every((channel) => channel >= -0.0005 && channel <= 1.0005)) return rgb;
  }
  return fromOklch(lightness, 0, hue);
}

function toHex(rgb: Rgb): string {
  const digits = rgb.map((channel) => {
    const byte = Math.round(fromLinear(Math.min(1, Math.max(0, channel))) * 255);
    return byte.toString(16).padStart(2, '0');
  });
  return `#${digits.join('')}`;
}
