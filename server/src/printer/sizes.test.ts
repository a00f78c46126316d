import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quietBox } from './barcodes/qr-code.ts'
import { blockHeight } from './layout/address-block.ts'
import type { Rect } from './pdf/pdf.ts'
import {
  BARCODE,
  BLEED,
  cards,
  contains,
  FIRST_PANEL,
  INCH,
  LETTER_BODY_TOP,
  letter,
  letterReserved,
  letterWindows,
  number10,
  overlaps,
  type PostcardSize,
  throughWindow,
} from './sizes.ts'

const near = (actual: number, wanted: number, slack = 0.001) =>
  assert.ok(Math.abs(actual - wanted) <= slack, `${actual} is not ${wanted}`)

test('pages, bleed and trim are the published sizes', () => {
  for (const [size, width, height] of [
    ['4x6', 450, 306],
    ['6x9', 666, 450],
    ['6x11', 810, 450],
  ] as [PostcardSize, number, number][]) {
    const { page, trim, safe } = cards[size]
    assert.deepEqual(page, { width, height })
    assert.deepEqual(trim, { x: 9, y: 9, w: width - 18, h: height - 18 })
    assert.deepEqual(safe, { x: 18, y: 18, w: width - 36, h: height - 36 })
  }
})

test('address zones are where print houses publish them', () => {
  for (const [size, left, right] of [
    ['4x6', 193.8, 430.2],
    ['6x9', 358.2, 646.2],
    ['6x11', 502.2, 790.2],
  ] as [PostcardSize, number, number][]) {
    const { x, y, w, h } = cards[size].addressZone
    near(x, left, 0.05)
    near(x + w, right, 0.05)
    near(y, 18)
    near(y + h, 189)
  }
})

test('letter-size mail: aspect ratio 1.3 to 2.5, at most 6.125 × 11.5 inches (DMM 201.1.1)', () => {
  for (const { trim } of Object.values(cards)) {
    assert.ok(trim.w / trim.h >= 1.3 && trim.w / trim.h <= 2.5)
    assert.ok(trim.w <= 11.5 * INCH && trim.h <= 6.125 * INCH && trim.w >= 5 * INCH && trim.h >= 3.5 * INCH)
  }
})

test('the parts of a card keep out of each other and out of the forbidden zones', () => {
  for (const layout of Object.values(cards)) {
    const quiet = quietBox(layout.qr, 25)
    const message: Rect = layout.message
    const { returnAddress, indicia } = layout.beside
    for (const part of [message, returnAddress, indicia, layout.qr, layout.addressZone]) assert.ok(contains(layout.safe, part))
    for (const part of [message, quiet, returnAddress, indicia]) {
      assert.ok(!overlaps(part, layout.addressZone))
      assert.ok(!overlaps(part, layout.clearZone))
    }
    assert.ok(!overlaps(returnAddress, indicia))
    assert.ok(!overlaps(message, returnAddress))
    assert.ok(layout.qr.w >= 0.8 * INCH)
  }
})

test('the largest address block stays inside the address zone and the read area, barcode clearances included', () => {
  for (const layout of Object.values(cards)) {
    const { x, y } = layout.address
    const block = { x, y, w: BARCODE.width, h: blockHeight(6, 9.5, true) }
    assert.ok(contains(layout.readArea, block))
    assert.ok(contains(layout.addressZone, block))
    const { returnAddress, indicia } = layout.inZone
    for (const part of [returnAddress, indicia]) {
      assert.ok(contains(layout.addressZone, part))
      assert.ok(!overlaps(part, block))
    }
    assert.ok(!overlaps(returnAddress, indicia))
    const clear = { ...block, x: x - BARCODE.clearSide, w: block.w + 2 * BARCODE.clearSide }
    assert.ok(!overlaps(clear, layout.message))
    assert.ok(clear.x + clear.w <= layout.trim.x + layout.trim.w)
    // The last line stands above the barcode clear zone (0.625 inch).
    assert.ok(y - 2 >= BLEED + 0.625 * INCH)
  }
})

test('the barcode keeps the tolerances of USPS-B-3200', () => {
  const pitch = INCH / BARCODE.pitch
  assert.ok(pitch >= 20 && pitch <= 24)
  assert.ok(BARCODE.width >= 2.67 * INCH && BARCODE.width <= 3.23 * INCH)
  assert.ok(BARCODE.barWidth >= 0.015 * INCH && BARCODE.barWidth <= 0.025 * INCH)
  assert.ok(BARCODE.fullHeight >= 0.125 * INCH && BARCODE.fullHeight <= 0.165 * INCH)
  assert.ok(BARCODE.trackerHeight >= 0.039 * INCH && BARCODE.trackerHeight <= 0.057 * INCH)
})

test('tap test: at every position of the sheet both windows show their whole block', () => {
  const down = number10.insideHeight - FIRST_PANEL
  const across = number10.insideWidth - letter.page.width / INCH
  for (const [name, window] of Object.entries(number10.windows)) {
    const block = letterWindows[name as keyof typeof letterWindows]
    for (let step = 0; step <= 10; step++) {
      for (const [s, t] of [
        [(down * step) / 10, 0],
        [(down * step) / 10, across],
        [0, (across * step) / 10],
        [down, (across * step) / 10],
      ] as const) {
        // The block in inches of the envelope's inside, from its lower left.
        const left = block.x / INCH + t
        const bottom = number10.insideHeight - s - (letter.page.height - block.y) / INCH
        assert.ok(left >= window.left + 0.125 - 1e-9, `${name}: left edge hidden`)
        assert.ok(left + block.w / INCH <= window.left + window.width - 0.125 + 1e-9, `${name}: right edge hidden`)
        assert.ok(bottom >= window.bottom + 0.028, `${name}: foot hidden`)
        assert.ok(bottom + block.h / INCH <= window.bottom + window.height - 0.028, `${name}: head hidden`)
      }
    }
  }
  assert.ok(letterWindows.address.w >= BARCODE.width)
  assert.ok(letterWindows.address.h >= blockHeight(4, 8, true))
})

test('tap test: with three equal panels the address window would be too low for four lines, hence the longer first panel', () => {
  const { always } = throughWindow(number10.windows.address, 11 / 3)
  assert.ok((always.bottom - always.top - 0.08) * INCH < blockHeight(4, 8, true))
  const ours = throughWindow(number10.windows.address).always
  near(ours.top, 2.125)
  near(ours.bottom, 2.875)
  assert.ok(FIRST_PANEL <= number10.insideHeight && letter.page.height / INCH - FIRST_PANEL <= 2 * FIRST_PANEL)
})

test('whatever a window may show is kept free of artwork and text', () => {
  for (const window of Object.values(number10.windows)) {
    const { ever } = throughWindow(window)
    const top = letter.page.height - ever.top * INCH
    const bottom = letter.page.height - ever.bottom * INCH
    const seen = {
      x: Math.max(0, ever.left * INCH),
      y: bottom,
      w: ever.right * INCH - Math.max(0, ever.left * INCH),
      h: top - bottom,
    }
    assert.ok(contains(letterReserved, seen))
    assert.ok(LETTER_BODY_TOP >= ever.bottom * INCH + 0.125 * INCH)
  }
})
