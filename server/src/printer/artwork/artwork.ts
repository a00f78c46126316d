/**
 * A customer's PDF as artwork: its pages become form XObjects of ours. What could not be printed as it looks is refused with the
 * reason: passwords, wrong sizes, missing fonts, hidden layers, form fields. Nothing outside the file is ever read.
 *
 * Runs in the worker of untrusted.ts, so results are plain data and problems are values.
 */
import { inflateSync } from 'node:zlib'
import {
  EncryptedPDFError,
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFInvalidObject,
  PDFName,
  type PDFObject,
  type PDFPage,
  PDFRawStream,
  PDFRef,
} from '@cantoo/pdf-lib'
import { inUnits, limits } from '../../limits.ts'
import { sRgbProfile } from '../colour/profiles.ts'
import { num } from '../pdf/pdf.ts'
import type { PrintProblemCode } from '../problem.ts'
import { megabytes } from './images.ts'

/** What is asked of a PDF: how many pages, and each of exactly this size in points (bleed included). */
export type Ask = { width: number; height: number; minPages: number; maxPages: number }

/** Objects as bytes with the indices of other objects between them; `pages` are indices of form XObjects in page units. */
export type ImportedPdf = { objects: (Uint8Array | number)[][]; pages: number[] }

export type Refusal = { code: PrintProblemCode; message: string; details: Record<string, unknown> }

const MOST_OBJECTS = 50_000
/** Points a page may differ from the size asked for: drawing programs round to whole pixels. */
const TOLERANCE = 1

class ImportRefusal extends Error {
  readonly refusal: Refusal

  constructor(code: PrintProblemCode, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.refusal = { code, message, details }
  }
}

/** Reads a PDF and turns its pages into objects, or says why not. */
export async function importPdf(bytes: Uint8Array, ask: Ask): Promise<ImportedPdf | Refusal> {
  try {
    if (bytes.length > limits.artworkBytes)
      throw new ImportRefusal(
        'pdf_too_large',
        `The PDF has ${megabytes(bytes.length)} MB; ${inUnits(limits.artworkBytes)} is the limit.`,
      )
    const document = await PDFDocument.load(bytes, { updateMetadata: false, parseSpeed: Number.POSITIVE_INFINITY })
    refuseCutOff(bytes)
    return convert(document, ask)
  } catch (error) {
    if (error instanceof ImportRefusal) return error.refusal
    if (error instanceof EncryptedPDFError)
      return { code: 'pdf_encrypted', message: 'The PDF is protected with a password or restrictions.', details: {} }
    return { code: 'pdf_unreadable', message: 'The file is not a PDF, or it is damaged.', details: {} }
  }
}

/** Where readers look for the end of a file (ISO 32000-1, 7.5.5 and Adobe's note on it). */
const END_WITHIN = 1024

/** A file whose end was lost in an upload: the parser would repair it, and pages would be missing or empty. */
function refuseCutOff(bytes: Uint8Array): void {
  if (Buffer.from(bytes.subarray(-END_WITHIN)).lastIndexOf('%%EOF') < 0)
    throw new ImportRefusal('pdf_unreadable', 'The PDF is cut off: its end is missing.')
}

function convert(document: PDFDocument, ask: Ask): ImportedPdf {
  const pages = document.getPages()
  if (pages.length === 0) throw new ImportRefusal('pdf_unreadable', 'The file is not a PDF, or it is damaged.')
  if (pages.length > ask.maxPages) {
    throw new ImportRefusal('pdf_too_many_pages', `The PDF has ${pages.length} pages; ${ask.maxPages} is the limit.`, {
      pages: pages.length,
    })
  }
  if (pages.length < ask.minPages) {
    throw new ImportRefusal(
      'pdf_too_few_pages',
      `The PDF has ${pages.length === 1 ? '1 page' : `${pages.length} pages`}; ${ask.minPages} are needed.`,
      {
        pages: pages.length,
      },
    )
  }
  refuseHiddenLayers(document)
  const copier = new Copier(document)
  const roots = pages.map((page, i) => copier.page(page, i + 1, ask))
  return { objects: copier.finish(), pages: roots }
}

/** Layers which are switched off would print: without its document, a page has no layer switches. */
function refuseHiddenLayers(document: PDFDocument): void {
  const layers = document.catalog.lookup(PDFName.of('OCProperties'))
  const settings = layers instanceof PDFDict ? layers.lookup(PDFName.of('D')) : undefined
  if (!(settings instanceof PDFDict)) return
  const off = settings.lookup(PDFName.of('OFF'))
  const base = settings.lookup(PDFName.of('BaseState'))
  if ((off instanceof PDFArray && off.size() > 0) || base === PDFName.of('OFF')) {
    throw new ImportRefusal('pdf_too_complex', 'The PDF has hidden layers, which would be printed.')
  }
}

/** An object while it is written: text, bytes, and the indices of other objects. */
type RawParts = (string | Uint8Array | number)[]

type Box = { x: number; y: number; width: number; height: number }

/** The box of a page which has the size asked for, turned as the page is turned. */
function boxOf(page: PDFPage, number: number, ask: Ask): { box: Box; turn: number } {
  const turn = ((page.getRotation().angle % 360) + 360) % 360
  const lying = turn % 180 !== 0
  const fits = ({ width, height }: Box) =>
    Math.abs((lying ? height : width) - ask.width) <= TOLERANCE && Math.abs((lying ? width : height) - ask.height) <= TOLERANCE
  const box = [page.getBleedBox(), page.getCropBox(), page.getMediaBox()].find(fits)
  if (box) return { box, turn }
  const { width, height } = page.getMediaBox()
  const inches = (points: number) => String(Math.round((points / 72) * 1000) / 1000)
  const [w, h] = lying ? [height, width] : [width, height]
  throw new ImportRefusal(
    'pdf_wrong_size',
    `Page ${number} is ${inches(w)} × ${inches(h)} inches; it must be ${inches(ask.width)} × ${inches(ask.height)} inches.`,
    { page: number, width: w / 72, height: h / 72, wanted: { width: ask.width / 72, height: ask.height / 72 } },
  )
}

/** Keys which lead out of the page (to its parents, to metadata, to other files) and are not needed to draw it. */
const leaveOut = new Set([
  'Parent',
  'Metadata',
  'PieceInfo',
  'StructParent',
  'StructParents',
  'Thumb',
  'Annots',
  'Ref',
  'OPI',
  'Length',
])

class Copier {
  readonly #document: PDFDocument
  readonly #objects: (Uint8Array | number)[][] = []
  readonly #numbers = new Map<PDFObject, number>()
  readonly #pending: [number, PDFObject][] = []
  #rgb: number | undefined

  constructor(document: PDFDocument) {
    this.#document = document
  }

  page(page: PDFPage, number: number, ask: Ask): number {
    refuseAnnotations(page, number)
    const { box, turn } = boxOf(page, number, ask)
    const [a, b, c, d] = [
      [1, 0, 0, 1],
      [0, -1, 1, 0],
      [-1, 0, 0, -1],
      [0, 1, -1, 0],
    ][turn / 90] ?? [1, 0, 0, 1]
    const { x, y, width, height } = box
    // The shift that brings the turned box to the origin.
    const e = -Math.min(a! * x + c! * y, a! * (x + width) + c! * (y + height))
    const f = -Math.min(b! * x + d! * y, b! * (x + width) + d! * (y + height))
    const parts: RawParts = [
      `<</Type/XObject/Subtype/Form/BBox[${[x, y, x + width, y + height].map(num).join(' ')}]/Matrix[${[a!, b!, c!, d!, e, f].map(num).join(' ')}]/Resources`,
    ]
    const resources = page.node.Resources()
    if (resources) this.#resources(resources, parts)
    else parts.push('<<>>')
    const group = page.node.lookup(PDFName.of('Group'))
    if (group instanceof PDFDict) {
      parts.push('/Group')
      this.#write(group, parts)
    }
    this.#contents(page, parts)
    const index = this.#objects.push(joined(parts)) - 1
    return index
  }

  /** A single content stream keeps its bytes and filters; several are unpacked, with a limit, and joined. */
  #contents(page: PDFPage, parts: RawParts): void {
    const contents = page.node.Contents()
    const listed = contents instanceof PDFArray ? contents.asArray().map(item => this.#document.context.lookup(item)) : [contents]
    const streams = listed.filter(stream => stream !== undefined)
    const raw = streams.filter(stream => stream instanceof PDFRawStream)
    if (raw.length !== streams.length) throw new ImportRefusal('pdf_unreadable', 'A page of the PDF has no readable content.')
    const [only] = raw
    if (only && raw.length === 1) {
      for (const name of ['Filter', 'DecodeParms']) {
        const value = only.dict.get(PDFName.of(name))
        if (!value) continue
        parts.push(`/${name}`)
        this.#write(value, parts)
      }
      body(only.contents, parts)
    } else body(Buffer.concat(raw.flatMap(stream => [unpack(stream), Buffer.from('\n')])), parts)
  }

  finish(): (Uint8Array | number)[][] {
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) {
      const [number, object] = next
      const parts: RawParts = []
      this.#write(object, parts)
      this.#objects[number] = joined(parts)
    }
    return this.#objects
  }

  #number(object: PDFObject): number {
    let number = this.#numbers.get(object)
    if (number === undefined) {
      number = this.#objects.push([]) - 1
      if (number > MOST_OBJECTS) throw new ImportRefusal('pdf_too_complex', `The PDF has more than ${MOST_OBJECTS} objects.`)
      this.#numbers.set(object, number)
      this.#pending.push([number, object])
    }
    return number
  }

  #write(object: PDFObject, parts: RawParts): void {
    if (object instanceof PDFRef) {
      const target = this.#document.context.lookup(object)
      if (target) parts.push(' ', this.#number(target))
      else parts.push(' null')
    } else if (object instanceof PDFRawStream) {
      if (object.dict.has(PDFName.of('F'))) throw new ImportRefusal('pdf_too_complex', 'The PDF refers to another file.')
      parts.push('<<')
      this.#entries(object.dict, parts)
      body(object.contents, parts)
    } else if (object instanceof PDFDict) {
      refuseUnembeddedFont(object)
      parts.push('<<')
      this.#entries(object, parts)
      parts.push('>>')
    } else if (object instanceof PDFArray) {
      parts.push('[')
      for (const item of object.asArray()) this.#write(item, parts)
      parts.push(']')
    } else if (object instanceof PDFInvalidObject) throw new ImportRefusal('pdf_unreadable', 'The PDF is damaged.')
    else parts.push(` ${plain(object)}`)
  }

  #entries(dictionary: PDFDict, parts: RawParts): void {
    for (const [key, value] of dictionary.entries()) {
      const name = key.decodeText()
      if (leaveOut.has(name)) continue
      parts.push(plain(key))
      const held = name === 'Resources' ? dictionary.lookup(key) : undefined
      if (held instanceof PDFDict) this.#resources(held, parts)
      else this.#write(value, parts)
    }
  }

  /** Resources, with RGB that says nothing else meant as sRGB, for the pages and forms that use them. */
  #resources(resources: PDFDict, parts: RawParts): void {
    const given = resources.lookup(PDFName.of('ColorSpace'))
    const spaces = given instanceof PDFDict ? given : undefined
    parts.push('<<')
    for (const [key, value] of resources.entries()) {
      if (leaveOut.has(key.decodeText()) || (spaces && key === PDFName.of('ColorSpace'))) continue
      parts.push(plain(key))
      this.#write(value, parts)
    }
    parts.push('/ColorSpace<<')
    if (spaces) this.#entries(spaces, parts)
    if (!spaces?.has(PDFName.of('DefaultRGB'))) parts.push('/DefaultRGB ', this.#sRgb())
    parts.push('>>>>')
  }

  /** The index of our sRGB in this file. */
  #sRgb(): number {
    if (this.#rgb !== undefined) return this.#rgb
    const profile = sRgbProfile()
    const stream =
      this.#objects.push([Buffer.from(`<</N 3/Length ${profile.length}>>\nstream\n`), profile, Buffer.from('\nendstream')]) - 1
    this.#rgb = this.#objects.push([Buffer.from('[/ICCBased '), stream, Buffer.from(']')]) - 1
    return this.#rgb
  }
}

/** The end of a stream's dictionary, and its bytes. */
function body(bytes: Uint8Array, parts: RawParts): void {
  parts.push(`/Length ${bytes.length}>>\nstream\n`, bytes, '\nendstream')
}

/** A leaf object (name, number, string, boolean, null) as it is written. */
function plain(object: PDFObject): string {
  const bytes = new Uint8Array(object.sizeInBytes())
  object.copyBytesInto(bytes, 0)
  return Buffer.from(bytes).toString('latin1')
}

function joined(parts: RawParts): (Uint8Array | number)[] {
  const out: (Uint8Array | number)[] = []
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    if (text) out.push(Buffer.from(text, 'latin1'))
    text = ''
    out.push(part)
  }
  if (text) out.push(Buffer.from(text, 'latin1'))
  return out
}

/** Links may go; anything else that draws on the page would be lost. */
function refuseAnnotations(page: PDFPage, number: number): void {
  const annotations = page.node.Annots()?.asArray() ?? []
  for (const item of annotations) {
    const annotation = page.doc.context.lookup(item)
    const subtype = annotation instanceof PDFDict ? annotation.lookup(PDFName.of('Subtype')) : undefined
    if (subtype === PDFName.of('Link') || subtype === PDFName.of('Popup')) continue
    throw new ImportRefusal('pdf_has_annotations', `Page ${number} has form fields, comments or stamps, which would be lost.`, {
      page: number,
    })
  }
}

const needsFile = new Set(['Type1', 'MMType1', 'TrueType', 'CIDFontType0', 'CIDFontType2'])

function refuseUnembeddedFont(dictionary: PDFDict): void {
  if (dictionary.lookup(PDFName.of('Type')) !== PDFName.of('Font')) return
  const subtype = dictionary.lookup(PDFName.of('Subtype'))
  if (!(subtype instanceof PDFName) || !needsFile.has(subtype.decodeText())) return
  const descriptor = dictionary.lookup(PDFName.of('FontDescriptor'))
  const embedded =
    descriptor instanceof PDFDict && ['FontFile', 'FontFile2', 'FontFile3'].some(key => descriptor.has(PDFName.of(key)))
  if (embedded) return
  const name = dictionary.lookup(PDFName.of('BaseFont'))
  const font = name instanceof PDFName ? name.decodeText() : 'without a name'
  throw new ImportRefusal('pdf_fonts_not_embedded', `The font ${font} is not embedded.`, { font })
}

const MOST_UNPACKED = 64 * 1024 * 1024

/** Unpacks one of several content streams. */
function unpack(stream: PDFRawStream): Buffer {
  const filter = stream.dict.lookup(PDFName.of('Filter'))
  const names = filter instanceof PDFArray ? filter.asArray() : filter ? [filter] : []
  if (names.length === 0) return Buffer.from(stream.contents)
  if (names.length > 1 || names[0] !== PDFName.of('FlateDecode'))
    throw new ImportRefusal('pdf_too_complex', 'The PDF uses a rare kind of compression.')
  try {
    return inflateSync(stream.contents, { maxOutputLength: MOST_UNPACKED })
  } catch {
    throw new ImportRefusal('pdf_too_complex', 'A page of the PDF is damaged or unpacks to more than 64 MB.')
  }
}
