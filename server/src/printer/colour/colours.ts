/** CSS colours as colours of a print file. */
import type { Cmyk, Colour } from '../pdf/pdf.ts'

const basicColours: Readonly<Record<string, string>> = {
  black: '#000000',
  silver: '#c0c0c0',
  gray: '#808080',
  grey: '#808080',
  white: '#ffffff',
  maroon: '#800000',
  red: '#ff0000',
  purple: '#800080',
  fuchsia: '#ff00ff',
  green: '#008000',
  lime: '#00ff00',
  olive: '#808000',
  yellow: '#ffff00',
  navy: '#000080',
  blue: '#0000ff',
  teal: '#008080',
  aqua: '#00ffff',
}

/** The most ink on one spot, all four together: more does not dry (ISO 12647-2 allows 300 to 350 %). */
export const MOST_INK = 3

/** Process colours within the ink limit: black stays, the colours beneath it give way alike. */
export function limitInk([c, m, y, k]: Cmyk): Cmyk {
  const colours = c + m + y
  if (colours + k <= MOST_INK) return [c, m, y, k]
  const part = (MOST_INK - k) / colours
  return [c * part, m * part, y * part, k]
}

/** A CSS colour. `device-cmyk()` is process colour as it stands, within the ink limit; all others are sRGB, as pictures are. */
export function parseColour(text: string): Colour | undefined {
  const inks = /^device-cmyk\(\s*([\d.%]+)[\s,]+([\d.%]+)[\s,]+([\d.%]+)[\s,]+([\d.%]+)\s*\)$/.exec(text)
  if (inks) {
    const parts = inks.slice(1).map(part => (part.endsWith('%') ? Number.parseFloat(part) / 100 : Number(part)))
    return parts.every(part => part >= 0 && part <= 1) ? limitInk([parts[0]!, parts[1]!, parts[2]!, parts[3]!]) : undefined
  }
  const hex = basicColours[text] ?? text
  const long = /^#[0-9a-f]{3}$/.test(hex) ? hex.replace(/[0-9a-f]/g, '$&$&') : hex
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(long)
  const decimal = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text)
  const channels = digits?.slice(1).map(part => Number.parseInt(part, 16)) ?? decimal?.slice(1).map(Number)
  if (!channels?.every(channel => channel <= 255)) return undefined
  return { rgb: [channels[0]! / 255, channels[1]! / 255, channels[2]! / 255] }
}

/** A colour for type: black and greys become black ink alone, so that small letters stay sharp. */
export function inkOfType(colour: Colour): Colour {
  if (!('rgb' in colour)) return colour
  const light = Math.max(...colour.rgb)
  return light - Math.min(...colour.rgb) < 0.02 ? [0, 0, 0, 1 - light] : colour
}
