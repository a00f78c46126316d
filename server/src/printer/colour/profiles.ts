/**
 * The colour spaces of a print file. Everything that is given as RGB (pictures, backgrounds, coloured words) is tagged as sRGB, or with the
 * profile it brings; the press converts it once, into the output intent, which keeps to 300 % of ink. What we draw in process colours
 * ourselves (inks, designs, black type, codes) stays in them. Licences: icc-licences.txt.
 */
import { readFileSync } from 'node:fs'
import { PdfObject, streamObject } from '../pdf/pdf-objects.ts'

const bytesOf = (name: string): Buffer => readFileSync(new URL(name, import.meta.url))

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}

/** An ICCBased colour space of a profile with `channels` colours. */
const iccBased = (profile: Uint8Array, channels: number): PdfObject =>
  new PdfObject(['[/ICCBased ', streamObject([`/N ${channels}`], profile), ']'])

/** sRGB, for RGB that says nothing else. */
export const sRgb = once(() => iccBased(bytesOf('srgb.icc'), 3))

/** Bytes of the sRGB profile, for files of others (artwork.ts). */
export const sRgbProfile = once(() => bytesOf('srgb.icc'))

/** The printing condition all files are made for: coated paper by ISO 12647-2, which differs from GRACoL 2006 (TR 006) by hardly anything. */
export const outputProfile = once(() => streamObject(['/N 4'], bytesOf('fogra39l-coated.icc')))

/**
 * Process colours of a picture that says nothing else. The same condition as the output intent under another date, so that the press converts
 * it like everything else and its darkest parts keep to the ink limit.
 */
export const pictureCmyk = once(() => {
  const profile = Buffer.from(bytesOf('fogra39l-coated.icc'))
  // Bytes 24 to 35 of a header are its date.
  profile.writeUInt16BE(2000, 24)
  return iccBased(profile, 4)
})

const spaces: Readonly<Record<string, number>> = { 'RGB ': 3, CMYK: 4 }
const mostProfile = 2 * 1024 * 1024

/** The colour space of a profile that came with a picture; undefined when it is not one for this many colours. */
export const embedded = (profile: Buffer, channels: number): PdfObject | undefined => {
  if (profile.length < 132 || profile.length > mostProfile || profile.readUInt32BE(0) > profile.length) return undefined
  if (profile.toString('latin1', 36, 40) !== 'acsp' || spaces[profile.toString('latin1', 16, 20)] !== channels) return undefined
  // Links between two devices and lists of named colours are no colour spaces.
  if (!['scnr', 'mntr', 'prtr', 'spac'].includes(profile.toString('latin1', 12, 16))) return undefined
  return iccBased(profile, channels)
}

/** Greys as the same colours that sRGB greys are: 2 to 256 of them, by the number of bits a pixel has. */
export const greyLevels = (bits: number): PdfObject => {
  const most = 2 ** bits - 1
  const levels = Array.from({ length: most + 1 }, (_, i) =>
    Math.round((i * 255) / most)
      .toString(16)
      .padStart(2, '0'),
  )
  return new PdfObject(['[/Indexed ', sRgb(), ` ${most}<${levels.map(level => level.repeat(3)).join('')}>]`])
}

/** As above where pixels are no index: JPEG, and 16 bits. */
export const grey = once(() => new PdfObject(['[/CalGray<</WhitePoint[0.9505 1 1.089]/Gamma 2.2>>]']))
