import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import { Canvas, PdfFile } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { placePicture, readPicture, resolution } from './images.ts'
import { rasterise } from './untrusted.ts'

const refuses = (code: string) => (error: unknown) =>
  error instanceof PrintProblem && error.code === code && error.path === 'front'

function chunk(name: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length, 0)
  out.write(name, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}

/** A PNG from raw rows, each with its filter byte. */
function png(
  {
    width,
    height,
    type,
    depth = 8,
    interlace = 0,
    more = [],
  }: { width: number; height: number; type: number; depth?: number; interlace?: number; more?: Buffer[] },
  rows: Uint8Array,
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, type, 0, 0, interlace], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...more,
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The smallest JPEG header the reader needs: enough to place it, not to draw it. */
function jpegHeader(width: number, height: number, orientation?: number, components = 3): Buffer {
  const frame = Buffer.from([
    0xff,
    0xc0,
    0,
    8 + components * 3,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    components,
    ...new Array(components * 3).fill(0),
  ])
  const tiff = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation ?? 1, 0, 0, 0])
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255]), exif])
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...(orientation ? [segment] : []), frame, Buffer.from([0xff, 0xd9])])
}

/** The colours (red, green, blue) of the centres of a picture's four quarters, drawn on 40 × 40 points. */
async function quarters(bytes: Uint8Array): Promise<number[][]> {
  const canvas = new Canvas()
  placePicture(canvas, readPicture(bytes, 'front'), { x: 0, y: 0, w: 40, h: 40 })
  const file = new PdfFile()
  file.page({ width: 40, height: 40, trim: { x: 0, y: 0, w: 40, h: 40 }, layers: [canvas.toForm(40, 40)] })
  const [page] = await rasterise(file.finish({ title: 't', created: new Date(0) }), 1, 'x')
  return [
    [10, 10],
    [30, 10],
    [10, 30],
    [30, 30],
  ].map(([x, y]) => {
    const at = (y! * page!.width + x!) * 4
    return [...page!.data.subarray(at, at + 3)]
  })
}

const red = [255, 0, 0]
const green = [0, 255, 0]
const blue = [0, 0, 255]
const white = [255, 255, 255]

test('RGB, grey, palette and transparent PNGs print as they look on white paper', async () => {
  const rgb = png({ width: 2, height: 2, type: 2 }, Buffer.from([0, ...red, ...green, 0, ...blue, ...white]))
  assert.deepEqual(await quarters(rgb), [red, green, blue, white])
  const grey = png({ width: 2, height: 2, type: 0, depth: 1 }, Buffer.from([0, 0b10000000, 0, 0b01000000]))
  assert.deepEqual(await quarters(grey), [white, [0, 0, 0], [0, 0, 0], white])
  const palette = [
    chunk('PLTE', Buffer.from([...red, ...green, ...blue, 0, 0, 0])),
    chunk('tRNS', Buffer.from([255, 255, 255, 0])),
  ]
  assert.deepEqual(await quarters(png({ width: 2, height: 2, type: 3, more: palette }, Buffer.from([0, 0, 1, 0, 2, 3]))), [
    red,
    green,
    blue,
    white,
  ])
  const alpha = png({ width: 2, height: 2, type: 6 }, Buffer.from([0, ...red, 255, ...green, 255, 0, ...blue, 255, 0, 0, 0, 0]))
  assert.deepEqual(await quarters(alpha), [red, green, blue, white])
  const keyed = png(
    { width: 2, height: 2, type: 2, more: [chunk('tRNS', Buffer.from([0, 0, 0, 255, 0, 0]))] },
    Buffer.from([0, ...red, 0, 255, 0, 0, ...blue, ...white]),
  )
  assert.deepEqual(await quarters(keyed), [red, white, blue, white])
})

test('every row filter is undone', async () => {
  // The second row of each picture says the same colours as differences: sub, up, average, Paeth.
  const [r, g] = [
    [...red, 255],
    [...green, 255],
  ]
  const first = [0, ...r, ...g]
  const minus = (a: number[], b: number[]) => a.map((value, i) => (value - b[i]! + 256) & 255)
  const rows: Record<number, number[]> = {
    1: [...r, ...minus(g, r)],
    2: [...minus(r, r), ...minus(g, g)],
    3: [
      ...r.map((value, i) => (value - (r[i]! >> 1) + 256) & 255),
      ...g.map((value, i) => (value - ((r[i]! + g[i]!) >> 1) + 256) & 255),
    ],
    4: [
      ...minus(r, r),
      ...minus(
        g,
        g.map((up, i) => paeth(r[i]!, up, r[i]!)),
      ),
    ],
  }
  for (const [filter, row] of Object.entries(rows)) {
    assert.deepEqual(
      await quarters(png({ width: 2, height: 2, type: 6 }, Buffer.from([...first, Number(filter), ...row]))),
      [red, green, red, green],
      `filter ${filter}`,
    )
  }
})

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

test('a JPEG is placed as its EXIF orientation says', () => {
  const upright = readPicture(jpegHeader(300, 200), 'front')
  assert.deepEqual([upright.width, upright.height], [300, 200])
  for (const orientation of [5, 6, 7, 8]) {
    const turned = readPicture(jpegHeader(300, 200, orientation), 'front')
    assert.deepEqual([turned.width, turned.height], [200, 300])
  }
  // Orientation 6: the first row of the file is the right side of the picture.
  assert.deepEqual(readPicture(jpegHeader(3, 2, 6), 'front').turn, [0, -1, 1, 0, 0, 1])
})

test('damaged, cut off, oversized and foreign files are refused', () => {
  const whole = png({ width: 2, height: 2, type: 2 }, Buffer.from([0, ...red, ...green, 0, ...blue, ...white]))
  const bomb = png({ width: 2, height: 2, type: 2 }, Buffer.alloc(50_000_000))
  const unreadable = [
    Buffer.alloc(0),
    Buffer.from('GIF89a'),
    whole.subarray(0, 40),
    whole.subarray(0, 60),
    bomb,
    png({ width: 2, height: 2, type: 2, interlace: 1 }, Buffer.alloc(14)),
  ]
  unreadable.push(
    Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
    Buffer.from([0xff, 0xd8, 0xff, 0xff, 0xff]),
    png({ width: 0, height: 2, type: 2 }, Buffer.alloc(2)),
    png({ width: 2, height: 2, type: 5 }, Buffer.alloc(14)),
  )
  for (const [i, bytes] of unreadable.entries())
    assert.throws(() => readPicture(bytes, 'front'), refuses('image_unreadable'), `file ${i}`)
  assert.throws(() => readPicture(jpegHeader(65_000, 65_000), 'front'), refuses('image_too_large'))
  assert.throws(
    () => readPicture(png({ width: 100_000, height: 100_000, type: 2 }, Buffer.alloc(4)), 'front'),
    refuses('image_too_large'),
  )
  assert.throws(() => readPicture(Buffer.alloc(10_485_761), 'front'), refuses('image_too_large'))
})

test('pixels per inch: good, soft, refused', () => {
  assert.deepEqual(resolution(1875, 450, 'front'), [])
  assert.equal(resolution(1200, 450, 'front')[0]!.code, 'low_resolution')
  assert.throws(() => resolution(600, 450, 'front'), refuses('image_resolution_too_low'))
})
