/**
 * PNG and JPEG pictures as PDF images. The compressed data of a JPEG, and of a PNG without transparency, goes into the PDF as it
 * is; transparent PNGs are laid on white, because paper is. Colours are tagged with the picture's own profile, or as sRGB, and converted
 * by the press together with everything else.
 */
import { deflateSync, inflateSync } from 'node:zlib'
import { inUnits, limits } from '../../limits.ts'
import { embedded, grey, greyLevels, pictureCmyk, sRgb } from '../colour/profiles.ts'
import { type Canvas, PdfObject, type Rect } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'

/** A picture ready to be placed; `width` and `height` are pixels as it is meant to be seen. */
export type Picture = { object: PdfObject; width: number; height: number; turn: Turn }

/** How the stored rows lie in the picture: a matrix on the unit square (EXIF orientation 1 to 8). */
type Turn = readonly [number, number, number, number, number, number]
const turns: readonly Turn[] = [
  [1, 0, 0, 1, 0, 0],
  [-1, 0, 0, 1, 1, 0],
  [-1, 0, 0, -1, 1, 1],
  [1, 0, 0, -1, 0, 1],
  [0, -1, -1, 0, 1, 1],
  [0, -1, 1, 0, 0, 1],
  [0, 1, 1, 0, 0, 0],
  [0, 1, -1, 0, 1, 0],
]

/** Something that will print, but not well. */
export type PrintWarning = { code: 'low_resolution' | 'word_broken' | 'word_shrunk'; path: string; message: string }

/** Pixels per printed inch: from here on nobody sees them. */
export const GOOD_DPI = 300
const LEAST_DPI = 150

/** 9.25 × 6.25 inches at 600 dpi are 21 million pixels; beyond twice that nobody sees a difference. */
const MOST_PIXELS = 50_000_000

/** Reads a PNG or JPEG. Throws PrintProblem `image_unreadable` or `image_too_large`. */
export function readPicture(bytes: Uint8Array, path: string): Picture {
  if (bytes.length > limits.artworkBytes)
    throw new PrintProblem(
      'image_too_large',
      path,
      `The image has ${megabytes(bytes.length)} MB; ${inUnits(limits.artworkBytes)} is the limit.`,
    )
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (data.length > 8 && data.readUInt32BE(0) === 0x89504e47) return readPng(data, path)
    if (data.length > 3 && data.readUInt16BE(0) === 0xffd8) return readJpeg(data, path)
  } catch (error) {
    if (error instanceof PrintProblem) throw error
    throw new PrintProblem('image_unreadable', path, 'The image is damaged or cut off.')
  }
  throw new PrintProblem('image_unreadable', path, 'The image is neither a PNG nor a JPEG.')
}

export const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)

/** Draws a picture into a box, filling it (the caller has checked the proportions). */
export function placePicture(canvas: Canvas, { object, turn: [a, b, c, d, e, f] }: Picture, { x, y, w, h }: Rect): void {
  canvas.place(object, [a * w, b * h, c * w, d * h, x + e * w, y + f * h])
}

/** Checks the pixels per printed inch. Throws PrintProblem `image_resolution_too_low` below 150, warns below 300. */
export function resolution(pixels: number, points: number, path: string): PrintWarning[] {
  const dpi = Math.round(pixels / (points / 72))
  if (dpi < LEAST_DPI) {
    throw new PrintProblem(
      'image_resolution_too_low',
      path,
      `The image has ${dpi} pixels per printed inch; ${LEAST_DPI} is the least.`,
      { dpi },
    )
  }
  if (dpi >= GOOD_DPI - 1) return []
  return [
    {
      code: 'low_resolution',
      path,
      message: `The image has ${dpi} pixels per printed inch and may look soft; ${GOOD_DPI} is good.`,
    },
  ]
}

function limitPixels(width: number, height: number, path: string): void {
  if (width * height === 0) throw new PrintProblem('image_unreadable', path, 'The image has no pixels.')
  if (width * height > MOST_PIXELS)
    throw new PrintProblem('image_too_large', path, `The image has ${width} × ${height} pixels; 50 million is the limit.`)
}

function imageObject(width: number, height: number, space: PdfObject, entries: string, data: Uint8Array): PdfObject {
  const head = `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/ColorSpace `
  return new PdfObject([head, space, `${entries}/Length ${data.length}>>\nstream\n`, data, '\nendstream'])
}

// --- JPEG ----------------------------------------------------------------------------------------------------------------------

/** By the number of components. */
const jpegSpaces: Readonly<Record<number, () => PdfObject>> = { 1: grey, 3: sRgb, 4: pictureCmyk }

/** Walks the segments up to the frame header (ITU-T T.81 annex B); EXIF gives the orientation, Adobe's segment inverted CMYK. */
function readJpeg(data: Buffer, path: string): Picture {
  let turn = turns[0]!
  let adobe = false
  const profile: Buffer[] = []
  for (let at = 2; ; ) {
    if (data.readUInt8(at) !== 0xff) throw new PrintProblem('image_unreadable', path, 'The JPEG is damaged.')
    const marker = data.readUInt8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    const length = data.readUInt16BE(at + 2)
    const segment = data.subarray(at + 4, at + 2 + length)
    if (marker === 0xe1) turn = turns[exifOrientation(segment) - 1] ?? turn
    // ICC.1, annex B.4: a profile in numbered chunks.
    if (marker === 0xe2 && segment.toString('latin1', 0, 12) === 'ICC_PROFILE\0')
      profile[segment.readUInt8(12)] = segment.subarray(14)
    if (marker === 0xee && segment.toString('latin1', 0, 5) === 'Adobe') adobe = true
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      if (marker > 0xc2)
        throw new PrintProblem('image_unreadable', path, 'The JPEG is of a rare kind (lossless or arithmetic coding).')
      return jpegPicture(data, segment, turn, adobe, Buffer.concat(profile.filter(Boolean)), path)
    }
    at += 2 + length
  }
}

function jpegPicture(data: Buffer, frame: Buffer, turn: Turn, adobe: boolean, profile: Buffer, path: string): Picture {
  const [height, width] = [frame.readUInt16BE(1), frame.readUInt16BE(3)]
  const components = frame.readUInt8(5)
  const space = jpegSpaces[components]
  if (!space || frame.readUInt8(0) !== 8)
    throw new PrintProblem('image_unreadable', path, 'The JPEG has an unusual number of colours.')
  limitPixels(width, height, path)
  const inverted = adobe && components === 4 ? '/Decode[1 0 1 0 1 0 1 0]' : ''
  const tagged = embedded(profile, components) ?? space()
  const object = imageObject(width, height, tagged, `/BitsPerComponent 8${inverted}/Filter/DCTDecode`, data)
  const lying = turn[0] === 0
  return { object, turn, width: lying ? height : width, height: lying ? width : height }
}

/** The orientation tag (0x0112) of an EXIF segment; 1 when there is none. */
function exifOrientation(segment: Buffer): number {
  if (segment.toString('latin1', 0, 6) !== 'Exif\0\0') return 1
  const tiff = segment.subarray(6)
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  for (let entry = 0; entry < short(directory); entry++) {
    const at = directory + 2 + entry * 12
    if (short(at) === 0x0112) return short(at + 8)
  }
  return 1
}

// --- PNG -----------------------------------------------------------------------------------------------------------------------

type Png = {
  width: number
  height: number
  depth: number
  type: number
  palette: Buffer
  transparency: Buffer | undefined
  /** Its colour profile, if it has one. */
  profile: Buffer
  packed: Buffer
}

const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

function readPng(data: Buffer, path: string): Picture {
  const png = pngChunks(data, path)
  const { width, height, depth, type } = png
  const channels = pngChannels[type]
  if (!channels) throw new PrintProblem('image_unreadable', path, 'The PNG has an unknown colour type.')
  const row = Math.ceil((width * channels * depth) / 8) + 1
  // The limit is exact: a picture that unpacks to more than its header says is not one.
  const pixels = inflateSync(png.packed, { maxOutputLength: row * height })
  if (pixels.length !== row * height) throw new PrintProblem('image_unreadable', path, 'The PNG is cut off.')
  if (type === 4 || type === 6) return { object: flatten(png, pixels, row, channels), width, height, turn: turns[0]! }
  const predictor = `/DecodeParms<</Predictor 15/Colors ${channels}/BitsPerComponent ${depth}/Columns ${width}>>`
  const entries = `${pngMask(png)}/BitsPerComponent ${depth}/Filter/FlateDecode${predictor}`
  return { object: imageObject(width, height, pngSpace(png), entries, png.packed), width, height, turn: turns[0]! }
}

function pngChunks(data: Buffer, path: string): Png {
  const png: Png = {
    width: 0,
    height: 0,
    depth: 0,
    type: 0,
    palette: Buffer.alloc(0),
    transparency: undefined,
    profile: Buffer.alloc(0),
    packed: data,
  }
  const packed: Buffer[] = []
  for (let at = 8; at < data.length; ) {
    const length = data.readUInt32BE(at)
    const name = data.toString('latin1', at + 4, at + 8)
    const body = data.subarray(at + 8, at + 8 + length)
    if (name === 'IHDR') {
      Object.assign(png, { width: body.readUInt32BE(0), height: body.readUInt32BE(4), depth: body[8], type: body[9] })
      limitPixels(png.width, png.height, path)
      if (body[12] !== 0) throw new PrintProblem('image_unreadable', path, 'The PNG is interlaced: save it without interlacing.')
    } else if (name === 'PLTE') png.palette = body
    else if (name === 'tRNS') png.transparency = body
    else if (name === 'iCCP') png.profile = pngProfile(body)
    else if (name === 'IDAT') packed.push(body)
    else if (name === 'IEND') break
    at += 12 + length
  }
  png.packed = Buffer.concat(packed)
  return png
}

const mostProfile = 2 * 1024 * 1024

/** A name, a zero, the method (0), and the packed profile. One that is damaged counts as none. */
function pngProfile(body: Buffer): Buffer {
  try {
    return inflateSync(body.subarray(body.indexOf(0) + 2), { maxOutputLength: mostProfile })
  } catch {
    return Buffer.alloc(0)
  }
}

const colours = (png: Pick<Png, 'profile'>): PdfObject => embedded(png.profile, 3) ?? sRgb()

/** The colour space; palette colours which are partly clear are mixed with white. */
function pngSpace(png: Png): PdfObject {
  const { type, depth, palette, transparency } = png
  if (type === 0) return depth > 8 ? grey() : greyLevels(depth)
  if (type !== 3) return colours(png)
  const mixed = palette.map((value, i) => onWhite(value, transparency?.[Math.floor(i / 3)] ?? 255))
  return new PdfObject(['[/Indexed ', colours(png), ` ${palette.length / 3 - 1}<${Buffer.from(mixed).toString('hex')}>]`])
}

/** A single clear colour is masked out. */
function pngMask({ type, depth, transparency }: Png): string {
  if (type === 3 || !transparency) return ''
  const keys = Array.from({ length: transparency.length / 2 }, (_, i) => transparency.readUInt16BE(i * 2) & (2 ** depth - 1))
  return `/Mask[${keys.map(key => `${key} ${key}`).join(' ')}]`
}

const onWhite = (value: number, alpha: number) => Math.round((value * alpha + 255 * (255 - alpha)) / 255)

/** Undoes the row filters of a picture with an alpha channel and lays it on white: 8 bits a colour are kept. */
function flatten(png: Png, pixels: Buffer, row: number, channels: number): PdfObject {
  const { width, height, depth } = png
  const bytes = depth / 8
  const step = channels * bytes
  unfilter(pixels, row, step)
  const parts = channels - 1
  const out = Buffer.alloc(width * height * parts)
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * row + 1; x < width; x++, at += step) {
      const alpha = pixels[at + parts * bytes]!
      for (let c = 0; c < parts; c++) out[to++] = onWhite(pixels[at + c * bytes]!, alpha)
    }
  }
  const space = parts === 1 ? greyLevels(8) : colours(png)
  return imageObject(width, height, space, '/BitsPerComponent 8/Filter/FlateDecode', deflateSync(out))
}

/** PNG row filters (ISO/IEC 15948 clause 9), in place. */
function unfilter(pixels: Buffer, row: number, step: number): void {
  for (let start = 0; start < pixels.length; start += row) {
    const filter = pixels[start]!
    for (let at = start + 1; at < start + row; at++) {
      const left = at - start > step ? pixels[at - step]! : 0
      const up = start > 0 ? pixels[at - row]! : 0
      const corner = start > 0 && at - start > step ? pixels[at - row - step]! : 0
      if (filter === 1) pixels[at]! += left
      else if (filter === 2) pixels[at]! += up
      else if (filter === 3) pixels[at]! += (left + up) >> 1
      else if (filter === 4) pixels[at]! += paeth(left, up, corner)
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}
