/** Bitmaps as PNG files (ISO/IEC 15948): 8 bits, RGB, rows as differences, which packs flat artwork well. */
import { crc32, deflateSync } from 'node:zlib'
import type { Bitmap } from '../artwork/untrusted.ts'

/** The part of a bitmap from (x, y), pixels from the upper left, as a PNG. */
export function encodePng(bitmap: Bitmap, x: number, y: number, width: number, height: number): Uint8Array {
  const rows = Buffer.alloc(height * (1 + width * 3))
  let to = 0
  for (let row = 0; row < height; row++) {
    rows[to++] = 1
    let [r, g, b] = [0, 0, 0]
    for (let at = ((y + row) * bitmap.width + x) * 4, end = at + width * 4; at < end; at += 4) {
      const [red, green, blue] = [bitmap.data[at]!, bitmap.data[at + 1]!, bitmap.data[at + 2]!]
      rows[to++] = red - r
      rows[to++] = green - g
      rows[to++] = blue - b
      ;[r, g, b] = [red, green, blue]
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

function chunk(name: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length, 0)
  head.write(name, 4, 'latin1')
  const tail = Buffer.alloc(4)
  tail.writeUInt32BE(crc32(body, crc32(head.subarray(4))), 0)
  return Buffer.concat([head, body, tail])
}
