import assert from 'node:assert/strict'
import { test } from 'node:test'
import jsqr from 'jsqr'
import qrcode from 'qrcode-generator'
import { seeded } from '../handwriting/random.ts'
import { PrintProblem } from '../problem.ts'
import { makeQr } from './qr-code.ts'
import { encodeQr, type QrSymbol } from './qr-encoder.ts'

/** A symbol as pixels, four per module, with its quiet zone. */
function read({ side, modules }: QrSymbol): string | undefined {
  const [scale, quiet] = [4, 4]
  const size = (side + 2 * quiet) * scale
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255)
  for (let y = 0; y < side * scale; y++) {
    for (let x = 0; x < side * scale; x++) {
      if (!modules[Math.floor(y / scale) * side + Math.floor(x / scale)]) continue
      pixels.fill(
        0,
        ((y + quiet * scale) * size + x + quiet * scale) * 4,
        ((y + quiet * scale) * size + x + quiet * scale) * 4 + 3,
      )
    }
  }
  return jsqr.default(pixels, size, size)?.data
}

/** Links of every length that fits, in both modes. */
function* links(): Generator<string> {
  for (let length = 1; length <= 130; length++) {
    yield `HTTPS://M.EXAMPLE/Q/${'7KD3MX'.repeat(30).slice(0, length)}`
    if (length <= 80) yield `https://m.example/q/${'xYz-19'.repeat(30).slice(0, length)}`
  }
}

test('every symbol reads back, and equals the library whenever both choose the same mask', () => {
  let equal = 0
  const versions = new Set<number>()
  for (const link of links()) {
    const symbol = encodeQr(link)!
    assert.equal(read(symbol), link)
    const other = qrcode(0, 'M')
    other.addData(link, /^[0-9A-Z $%*+\-./:]+$/.test(link) ? 'Alphanumeric' : 'Byte')
    other.make()
    assert.equal(symbol.side, other.getModuleCount())
    const theirs = Uint8Array.from({ length: symbol.side ** 2 }, (_, i) =>
      other.isDark(Math.floor(i / symbol.side), i % symbol.side) ? 1 : 0,
    )
    const format = (modules: Uint8Array) => modules.subarray(8 * symbol.side, 8 * symbol.side + 9).join('')
    if (format(theirs) !== format(symbol.modules)) continue
    assert.deepEqual(symbol.modules, theirs)
    equal++
    versions.add(symbol.side)
  }
  assert.deepEqual(
    [...versions].sort((a, b) => a - b),
    [25, 29, 33, 37, 41],
  )
  assert.ok(equal >= 20, `${equal} equal symbols`)
})

test('a symbol survives damage to one module in twenty', () => {
  const random = seeded('damage')
  for (const link of ['HTTPS://MAIL.EXAMPLE.COM/Q/AB12CD', 'https://mail.example.com/q/a-longer-path?with=query']) {
    const symbol = encodeQr(link)!
    const modules = symbol.modules.slice()
    // The lower right corner holds data only.
    for (let i = 0; i < symbol.side ** 2 / 20 / 4; i++) {
      const [row, column] = [symbol.side - 1 - Math.floor(random() * 8), symbol.side - 1 - Math.floor(random() * 8)]
      modules[row * symbol.side + column]! ^= 1
    }
    assert.equal(read({ side: symbol.side, modules }), link)
  }
})

test('scheme and host are written in capitals, so a short link needs 25 modules', () => {
  const qr = makeQr('https://mail.example.com/Q/AB12CD')
  assert.equal(qr.text, 'HTTPS://MAIL.EXAMPLE.COM/Q/AB12CD')
  assert.equal(qr.side, 25)
  assert.equal(makeQr('https://mail.example.com/q/ab').text, 'HTTPS://MAIL.EXAMPLE.COM/q/ab')
})

test('what is no short web link is refused', () => {
  for (const link of [
    '',
    'mail.example.com',
    'javascript:alert(1)',
    'https://user@host/x',
    'https://a b/',
    `https://m.example/${'a'.repeat(120)}`,
    `https://m.example/${'a'.repeat(1e6)}`,
  ]) {
    assert.throws(
      () => makeQr(link),
      (error: unknown) => error instanceof PrintProblem && error.code === 'qr_url_invalid',
    )
  }
})
