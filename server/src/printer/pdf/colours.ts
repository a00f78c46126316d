/** CSS colours as process colours. */
import type { Cmyk } from './pdf.ts'

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

/** A CSS colour as process colour; greys become black ink alone, so that small type stays sharp. */
export function parseColour(text: string): Cmyk | undefined {
  const inks = /^device-cmyk\(\s*([\d.%]+)[\s,]+([\d.%]+)[\s,]+([\d.%]+)[\s,]+([\d.%]+)\s*\)$/.exec(text)
  if (inks) {
    const parts = inks.slice(1).map(part => (part.endsWith('%') ? Number.parseFloat(part) / 100 : Number(part)))
    return parts.every(part => part >= 0 && part <= 1) ? [parts[0]!, parts[1]!, parts[2]!, parts[3]!] : undefined
  }
  const hex = basicColours[text] ?? text
  const long = /^#[0-9a-f]{3}$/.test(hex) ? hex.replace(/[0-9a-f]/g, '$&$&') : hex
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(long)
  const decimal = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text)
  const channels = digits?.slice(1).map(part => Number.parseInt(part, 16)) ?? decimal?.slice(1).map(Number)
  if (!channels?.every(channel => channel <= 255)) return undefined
  return fromRgb(channels[0]! / 255, channels[1]! / 255, channels[2]! / 255)
}

function fromRgb(r: number, g: number, b: number): Cmyk {
  const light = Math.max(r, g, b)
  if (light - Math.min(r, g, b) < 0.02) return [0, 0, 0, 1 - light]
  return [(light - r) / light, (light - g) / light, (light - b) / light, 1 - light]
}
