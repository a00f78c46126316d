/**
 * Creatives: what a caller sends (HTML, a finished PDF or image, or words to be written by hand) → what is stored → what the printer is
 * given. The stored form holds no bytes, only blob ids, and serves single pieces and orders alike.
 */
import Type, { type Static, type TSchema } from 'typebox'
import { limits } from '../../limits.ts'
import { object } from '../../operation.ts'
import { designs } from '../../printer/designs.ts'
import { inks } from '../../printer/handwriting/handwriting.ts'
import { penData } from '../../printer/handwriting/pens.ts'
import type { LetterSpec } from '../../printer/letter.ts'
import type { PostcardSpec } from '../../printer/postcard.ts'
import type { PrintProblem } from '../../printer/problem.ts'
import { type FieldError, invalid } from '../../problems.ts'

const words = <T extends object>(table: T, description: string) =>
  Type.Unsafe<keyof T & string>({ type: 'string', enum: Object.keys(table), description })

const Html = Type.String({
  minLength: 1,
  maxLength: limits.printedHtmlCharacters,
  description:
    'Tags: div p h1 h2 h3 b strong i em span br img (data: URI only). style: color, background, font-size, font-weight, font-style, text-align, line-height, padding, margin. Nothing in it is fetched.',
})
/** Base64 in JSON, a file in multipart/form-data. */
const File = (description: string) => {
  const content = Type.String({
    minLength: 4,
    maxLength: limits.artworkCharacters,
    description: 'Base64, or a link to the file (https://…).',
  })
  const given = object({ content, filename: Type.Optional(Type.String()), content_type: Type.Optional(Type.String()) })
  return Type.Union([content, given], { description })
}
const Message = Type.String({ minLength: 1, maxLength: 4000, description: 'Written by hand. Merge fields: {{first_name}}.' })
const Pen = words(penData, 'Whose hand. Default caveat.')
const Ink = words(inks, 'Default blue-black.')
const Design = words(designs, 'A front of the catalogue.')
const Headline = Type.String({ minLength: 1, maxLength: 60, description: 'Replaces the words of the design.' })

const Front = object({
  html: Type.Optional(Html),
  design: Type.Optional(Design),
  headline: Type.Optional(Headline),
  pdf: Type.Optional(File('One page, bleed included.')),
  image: Type.Optional(File('PNG or JPEG, bleed included.')),
})
const Back = object({
  html: Type.Optional(Html),
  message: Type.Optional(Message),
  pen: Type.Optional(Pen),
  ink: Type.Optional(Ink),
  pdf: Type.Optional(File('One page, bleed included; the address zone stays white.')),
  image: Type.Optional(File('PNG or JPEG, bleed included; the address zone stays white.')),
})
const orHtml = <T extends TSchema>(side: T, description: string) =>
  Type.Optional(
    Type.Union([Html, side], {
      description: `${description} HTML as text, a link to a PDF, PNG or JPEG (https://…), or an object.`,
    }),
  )

const ConfirmLiteral = Type.Boolean({
  description:
    'true: print what looks like a merge field of another product ({first_name}, %NAME%, [First Name] …), a template id or a link as it stands. Without it such text is refused.',
})

/** Fields of a request that say what is on a postcard. */
export const postcardCreative = {
  confirm_literal: Type.Optional(ConfirmLiteral),
  front: orHtml(Front, 'The picture side.'),
  back: orHtml(Back, 'The address side.'),
  message: Type.Optional(Message),
  pen: Type.Optional(Pen),
  ink: Type.Optional(Ink),
  design: Type.Optional(Design),
  headline: Type.Optional(Headline),
  html: Type.Optional(Type.Unsafe<string>({ ...Html, description: 'HTML of the address side; the front is the design.' })),
  pdf: Type.Optional(File('Base64, or a file in multipart/form-data: page 1 is the front, page 2 the back.')),
}

/** Fields of a request that say what is in a letter. */
export const letterCreative = {
  confirm_literal: Type.Optional(ConfirmLiteral),
  file: Type.Optional(
    File('The letter in any form: HTML, a link to a PDF (https://…), base64, or a file in multipart/form-data.'),
  ),
  html: Type.Optional(Html),
  message: Type.Optional(Message),
  pen: Type.Optional(Pen),
  ink: Type.Optional(Ink),
  pdf: Type.Optional(File('Base64, or a file in multipart/form-data: US letter pages.')),
  address_page: Type.Optional(
    Type.Unsafe<'first_page' | 'cover_page'>({
      type: 'string',
      enum: ['first_page', 'cover_page'],
      description: 'PDF only: whether its first page leaves room for the addresses, or they go on a sheet in front.',
    }),
  ),
  double_sided: Type.Optional(Type.Boolean({ description: 'Default true.' })),
}

const postcardFields = Type.Object(postcardCreative)
const letterFields = Type.Object(letterCreative)

export type Side =
  | { kind: 'html'; html: string }
  | { kind: 'design'; design: keyof typeof designs; headline?: string }
  | { kind: 'handwritten'; message: string; pen?: keyof typeof penData; ink?: keyof typeof inks }
  | { kind: 'pdf'; blob_id: string; page?: number }
  | { kind: 'image'; blob_id: string }

/** `pages` and `warnings` are known once it was rendered. `qr_caption`: the words beside the code. */
interface Shared {
  qr_caption?: string
  /** What looks like a merge field of another product is meant as it stands. */
  confirm_literal?: true
  pages?: number
  warnings?: string[]
}
export interface StoredPostcard extends Shared {
  front: Exclude<Side, { kind: 'handwritten' }>
  back: Exclude<Side, { kind: 'design' }>
}
export interface StoredLetter extends Shared {
  body: Extract<Side, { kind: 'html' | 'handwritten' | 'pdf' }> & { address?: 'first_page' | 'cover_page' }
  double_sided: boolean
}
export type StoredCreative = StoredPostcard | StoredLetter

/** Keeps bytes and says under which blob id: the caller stages them and inserts them with the piece. */
export type Keep = (bytes: Buffer) => Promise<string>

const defaultDesign = 'sprig'

/** Reads a file field. Throws invalid_input when it is not base64. */
const bytesOf = (file: string | { content: string }, path: string): Buffer => {
  const text = (typeof file === 'string' ? file : file.content).replace(/^data:[\w/+.-]+;base64,/, '')
  if (!/^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(text)) throw invalid({ path, message: 'is not base64' })
  return Buffer.from(text, 'base64')
}

const only = (given: Record<string, unknown>, names: readonly string[], path: string, needed: boolean): string | undefined => {
  const found = names.filter(name => given[name] !== undefined)
  if (found.length > 1) throw invalid({ path: `${path}/${found[1]}`, message: `is one too many beside ${found[0]}` })
  if (found.length === 0 && needed) throw invalid({ path: path || '/', message: `needs one of ${names.join(', ')}` })
  return found[0]
}

const pick = <T extends object, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> =>
  Object.fromEntries(names.flatMap(name => (from[name] === undefined ? [] : [[name, from[name]]]))) as Pick<T, K>

/** The creative of a postcard request. Throws invalid_input for what is missing or said twice. */
export const postcardOf = async (input: Static<typeof postcardFields>, keep: Keep): Promise<StoredPostcard> => {
  const frontWay = only(input, ['front', 'design', 'pdf'], '', false)
  const backWay = only(input, ['back', 'message', 'html', 'pdf'], '', true)
  if (backWay === 'pdf' || frontWay === 'pdf') {
    const blob_id = await keep(bytesOf(input.pdf!, '/pdf'))
    return { front: { kind: 'pdf', blob_id, page: 1 }, back: { kind: 'pdf', blob_id, page: 2 } }
  }
  const front = typeof input.front === 'string' ? { html: input.front } : (input.front ?? pick(input, 'design', 'headline'))
  const back =
    typeof input.back === 'string' ? { html: input.back } : (input.back ?? pick(input, 'message', 'html', 'pen', 'ink'))
  return { front: await frontOf(front, keep), back: await backOf(back, keep) }
}

const frontOf = async (given: Static<typeof Front>, keep: Keep): Promise<StoredPostcard['front']> => {
  const way = only(given, ['html', 'design', 'pdf', 'image'], '/front', false)
  if (way === 'html') return { kind: 'html', html: given.html! }
  if (way === 'pdf') return { kind: 'pdf', blob_id: await keep(bytesOf(given.pdf!, '/front/pdf')) }
  if (way === 'image') return { kind: 'image', blob_id: await keep(bytesOf(given.image!, '/front/image')) }
  return { kind: 'design', design: given.design ?? defaultDesign, ...pick(given, 'headline') }
}

const backOf = async (given: Static<typeof Back>, keep: Keep): Promise<StoredPostcard['back']> => {
  const way = only(given, ['html', 'message', 'pdf', 'image'], '/back', true)
  if (way === 'html') return { kind: 'html', html: given.html! }
  if (way === 'pdf') return { kind: 'pdf', blob_id: await keep(bytesOf(given.pdf!, '/back/pdf')) }
  if (way === 'image') return { kind: 'image', blob_id: await keep(bytesOf(given.image!, '/back/image')) }
  return { kind: 'handwritten', message: given.message!, ...pick(given, 'pen', 'ink') }
}

/** The creative of a letter request. Throws invalid_input for what is missing or said twice. */
export const letterOf = async (input: Static<typeof letterFields>, keep: Keep): Promise<StoredLetter> => {
  const way = only(input, ['html', 'message', 'pdf'], '', true)
  const double_sided = input.double_sided ?? true
  if (way === 'html') return { body: { kind: 'html', html: input.html! }, double_sided }
  if (way === 'message')
    return { body: { kind: 'handwritten', message: input.message!, ...pick(input, 'pen', 'ink') }, double_sided }
  const blob_id = await keep(bytesOf(input.pdf!, '/pdf'))
  return { body: { kind: 'pdf', blob_id, ...(input.address_page ? { address: input.address_page } : {}) }, double_sided }
}

/** The blobs a creative needs. */
export const blobsOf = (creative: StoredCreative): string[] => {
  const sides: Side[] = 'body' in creative ? [creative.body] : [creative.front, creative.back]
  return [...new Set(sides.flatMap(side => ('blob_id' in side ? [side.blob_id] : [])))]
}

/** Bytes of a creative's blobs. The same array each time, for the printer knows artwork again by it. */
export type Artwork = ReadonlyMap<string, Uint8Array>

const withBytes = <S extends Side>(side: S, artwork: Artwork): never => {
  if (!('blob_id' in side)) return side as never
  const { blob_id, ...rest } = side
  const bytes = artwork.get(blob_id)
  if (!bytes) throw new Error(`The artwork ${blob_id} is gone`)
  return { ...rest, bytes } as never
}

/** A stored postcard as the printer takes it. */
export const postcardArt = (creative: StoredPostcard, artwork: Artwork): Pick<PostcardSpec, 'front' | 'back'> => ({
  front: withBytes(creative.front, artwork),
  back: withBytes(creative.back, artwork),
})

/** A stored letter as the printer takes it. */
export const letterArt = (creative: StoredLetter, artwork: Artwork): Pick<LetterSpec, 'body' | 'doubleSided'> => ({
  body: withBytes(creative.body, artwork),
  doubleSided: creative.double_sided,
})

const qrFields: Readonly<Record<string, string>> = { 'qr.url': 'qr_url', 'qr.caption': 'qr_caption' }

/** A refusal of the printer as a field error of the request: where it came from, what is wrong, what to do. */
export const fieldErrorOf = (problem: PrintProblem, input: object): FieldError => ({
  path: `/${fieldOf(problem.path, input)}`,
  message: `${problem.message} ${problem.fix}`,
})

/** The printer speaks of sides; the caller may have written at the top of the request, or HTML as a side's text. */
const fieldOf = (path: string, input: object): string => {
  const [head = '', ...rest] = path.split('.')
  // Ink where the address and its barcode are printed: that side is the back of a card, or the letter.
  if (head === 'artwork' || head === 'imb') return ['back', 'pdf', 'html', 'message'].find(name => name in input) ?? head
  if (!['front', 'back', 'body'].includes(head)) return qrFields[path] ?? path.replaceAll('.', '/')
  const side = (input as Record<string, unknown>)[head]
  if (typeof side === 'string') return head
  if (side !== undefined) return path.replaceAll('.', '/')
  const field = rest.at(-1)
  return field && field in input ? field : 'pdf' in input ? 'pdf' : (field ?? head)
}
