/**
 * The open fonts (SIL OFL 1.1) the printer uses, and text set in them.
 *
 * A family comes as one file per script; a `FontFamily` is the list of those files, opened when a character first asks for one.
 * Text is embedded as TrueType subsets of whole files, so that the bytes of a font never depend on the text.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fontkit, { type Font } from '@cantoo/fontkit'
import { PrintProblem } from '../problem.ts'
import { type Canvas, num, PdfObject, streamObject } from './pdf.ts'

const SCRIPTS = ['latin', 'latin-ext', 'vietnamese', 'greek', 'cyrillic', 'cyrillic-ext'] as const

/** One file of a family. `id` tells it from its sisters. */
export type FontPart = { id: number; font: Font; scale: number }

/** A family of the package registry's `@fontsource` series in one weight and style. */
export class FontFamily {
  readonly #parts: FontPart[] = []
  readonly #files: string[]
  readonly #found = new Map<number, FontPart | undefined>()

  constructor(family: string, scripts: readonly string[], style = '400-normal') {
    this.#files = scripts.map(script => `@fontsource/${family}/files/${family}-${script}-${style}.woff`)
  }

  /** The part which has this character, or undefined when none has. */
  partFor(codePoint: number): FontPart | undefined {
    if (!this.#found.has(codePoint)) this.#found.set(codePoint, this.#find(codePoint))
    return this.#found.get(codePoint)
  }

  #find(codePoint: number): FontPart | undefined {
    for (const [id, file] of this.#files.entries()) {
      const part = (this.#parts[id] ??= open(file, id))
      if (part.font.hasGlyphForCodePoint(codePoint)) return part
    }
    return undefined
  }

  /** The characters of `text` this family cannot write, as a reader would name them: whole emoji, letters with their accents. */
  missing(text: string): string[] {
    const missing = new Set<string>()
    if ([...text].every(character => character <= ' ' || this.partFor(character.codePointAt(0)!))) return []
    for (const { segment } of graphemes.segment(text)) {
      for (const character of segment) {
        if (!/\s/.test(character) && !this.partFor(character.codePointAt(0)!)) missing.add(segment)
      }
    }
    return [...missing]
  }

  /** Throws `missing_glyphs` naming every character of `text` the family cannot write. */
  check(text: string, path: string, name: string): void {
    const missing = this.missing(text)
    if (missing.length === 0) return
    const listed = missing.slice(0, 12).map(segment => `"${segment}" (${codes(segment)})`)
    const more = missing.length > 12 ? ` and ${missing.length - 12} more` : ''
    throw new PrintProblem('missing_glyphs', path, `${name} cannot write ${listed.join(', ')}${more}.`, { characters: missing })
  }
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

const codes = (segment: string) =>
  [...segment].map(character => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`).join(' ')

function open(file: string, id: number): FontPart {
  // Only .woff: the library reads .woff2 without a word of complaint and then prints nothing.
  const font = fontkit.create(readFileSync(fileURLToPath(import.meta.resolve(file)))) as Font
  return { id, font, scale: 1000 / font.unitsPerEm }
}

/** Text as the printer wants it: composed accents, plain spaces and line feeds, nothing invisible. */
export function tidy(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u200b\u2060\ufeff\u00ad]/g, '')
    .replace(/[^\S\n]/gu, ' ')
}

/** A family for text that is embedded as text: addresses, letters, captions. */
export class TextFont {
  readonly family: FontFamily
  readonly name: string
  readonly #kerning = new Map<number, number>()
  readonly #embedded = new Map<FontPart, Embedded>()
  readonly #glyphs = new Map<number, { part: FontPart; id: number; advance: number } | undefined>()

  constructor(name: string, family: string, style: string) {
    this.name = name
    this.family = new FontFamily(family, SCRIPTS, style)
  }

  /** Width of one line in points. */
  width(text: string, size: number): number {
    let width = 0
    let before = 0
    for (const character of text) {
      const codePoint = character.codePointAt(0)!
      width += (this.#glyph(codePoint)?.advance ?? 0) + (before ? this.#kern(before, codePoint) : 0)
      before = codePoint
    }
    return (width * size) / 1000
  }

  /** Draws one line with its baseline at y. `condense` narrows the letters (1 = natural). Colour is the canvas's fill. */
  draw(canvas: Canvas, text: string, x: number, y: number, size: number, condense = 1): void {
    const runs: string[] = []
    let part: FontPart | undefined
    let before = 0
    let run = ''
    for (const character of text) {
      const codePoint = character.codePointAt(0)!
      const glyph = this.#glyph(codePoint)
      if (!glyph) continue
      const kern = before ? this.#kern(before, codePoint) : 0
      if (glyph.part !== part) {
        if (run) runs.push(`${run}>] TJ`)
        part = glyph.part
        run = `${canvas.font(this.#embed(part).object)} ${num(size)} Tf [${kern ? num(-kern) : ''}<`
      } else if (kern) run += `>${num(-kern)}<`
      run += this.#embed(part).ids.get(codePoint)!
      before = codePoint
    }
    if (run) runs.push(`${run}>] TJ`)
    const stretch = condense === 1 ? '' : `${num(condense * 100)} Tz `
    canvas.op(`BT ${stretch}${num(x)} ${num(y)} Td ${runs.join(' ')} ET`)
  }

  #glyph(codePoint: number) {
    if (!this.#glyphs.has(codePoint)) {
      const part = this.family.partFor(codePoint)
      const glyph = part?.font.glyphForCodePoint(codePoint)
      this.#glyphs.set(codePoint, part && glyph ? { part, id: glyph.id, advance: glyph.advanceWidth * part.scale } : undefined)
    }
    return this.#glyphs.get(codePoint)
  }

  /** Kerning of a pair in 1/1000 em. Asked of the font's own tables once per pair: laying out whole lines costs 50 times more. */
  #kern(left: number, right: number): number {
    const pair = left * 0x110000 + right
    let kern = this.#kerning.get(pair)
    if (kern === undefined) {
      const first = this.#glyph(left)
      const second = this.#glyph(right)
      kern = 0
      if (first && second && first.part === second.part) {
        const run = first.part.font.layout(String.fromCodePoint(left, right), { kern: true, calt: false, liga: false })
        const together = run.positions?.[0]?.xAdvance
        if (run.glyphs.length === 2 && together !== undefined) kern = Math.round(together * first.part.scale - first.advance)
      }
      this.#kerning.set(pair, kern)
    }
    return kern
  }

  #embed(part: FontPart): Embedded {
    let embedded = this.#embedded.get(part)
    if (!embedded) {
      embedded = embed(part, this.name)
      this.#embedded.set(part, embedded)
    }
    return embedded
  }
}

type Embedded = { object: PdfObject; ids: Map<number, string> }

/** A Type 0 font over a TrueType subset with every character of one file (about 12 KB packed). PDF 32000-1, 9.7. */
function embed({ font, scale, id }: FontPart, name: string): Embedded {
  const subset = font.createSubset()
  const ids = new Map<number, string>()
  const widths: string[] = []
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, '0')
  for (const codePoint of [...font.characterSet].sort((a, b) => a - b)) {
    const glyph = font.glyphForCodePoint(codePoint)!
    const number = subset.includeGlyph(glyph)
    ids.set(codePoint, hex(number))
    widths[number] = num(glyph.advanceWidth * scale)
  }
  const file = subset.encode()
  const base = `PENNY${String.fromCharCode(65 + id)}+${name.replaceAll(' ', '')}`
  const units = [font.bbox.minX, font.bbox.minY, font.bbox.maxX, font.bbox.maxY].map(edge => Math.round(edge * scale))
  const descriptor = new PdfObject([
    `<</Type/FontDescriptor/FontName/${base}/Flags 4/FontBBox[${units.join(' ')}]/ItalicAngle ${num(font.italicAngle)}`,
    `/Ascent ${Math.round(font.ascent * scale)}/Descent ${Math.round(font.descent * scale)}/CapHeight ${Math.round(font.capHeight * scale)}/StemV 80/FontFile2 `,
    streamObject([`/Length1 ${file.length}`], file),
    '>>',
  ])
  const descendant = new PdfObject([
    `<</Type/Font/Subtype/CIDFontType2/BaseFont/${base}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>`,
    `/CIDToGIDMap/Identity/DW 0/W[1[${Array.from(widths.slice(1), width => width ?? '0').join(' ')}]]/FontDescriptor `,
    descriptor,
    '>>',
  ])
  const object = new PdfObject([
    `<</Type/Font/Subtype/Type0/BaseFont/${base}/Encoding/Identity-H/DescendantFonts[`,
    descendant,
    ']/ToUnicode ',
    streamObject([], toUnicode(ids)),
    '>>',
  ])
  return { object, ids }
}

/** The map from glyph numbers back to text, so that printed text can be searched and copied. */
function toUnicode(ids: ReadonlyMap<number, string>): string {
  const rows = [...ids].map(
    ([codePoint, id]) => `<${id}><${Buffer.from(String.fromCodePoint(codePoint), 'utf16le').swap16().toString('hex')}>`,
  )
  let blocks = ''
  for (let start = 0; start < rows.length; start += 100) {
    const block = rows.slice(start, start + 100)
    blocks += `${block.length} beginbfchar\n${block.join('\n')}\nendbfchar\n`
  }
  return `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange
<0000><FFFF>
endcodespacerange
${blocks}endcmap CMapName currentdict /CMap defineresource pop end end`
}

/** The four cuts of the text face. Opened on first use and kept: fonts never change while the program runs. */
export const inter = {
  regular: new TextFont('Inter', 'inter', '400-normal'),
  bold: new TextFont('Inter Bold', 'inter', '700-normal'),
  italic: new TextFont('Inter Italic', 'inter', '400-italic'),
  boldItalic: new TextFont('Inter Bold Italic', 'inter', '700-italic'),
} as const
