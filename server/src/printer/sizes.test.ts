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
  FOLD,
  INCH,
  LETTER_BODY_TOP,
  letter,
  letterReserved,
  letterWindows,
  number10,
  overlaps,
  type PostcardSize,
  SHORTEST_PANEL,
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

/** Every way a folded sheet can lie in its envelope: how far below the top edge, how far from the left side, inches. */
function* taps(panel: number): Generator<[down: number, across: number]> {
  const down = number10.insideHeight - panel
  const across = number10.insideWidth - letter.page.width / INCH
  for (let i = 0; i <= 10; i++) for (let j = 0; j <= 10; j++) yield [(down * i) / 10, (across * j) / 10]
}

type Window = (typeof number10.windows)[keyof typeof number10.windows]

/** How much of a window's edge is left around a block at its worst tap, inches: beside it, and above or below it. */
function clearance(block: Rect, window: Window, panel: number): { sides: number; edges: number } {
  const worst = { sides: Number.POSITIVE_INFINITY, edges: Number.POSITIVE_INFINITY }
  for (const [down, across] of taps(panel)) {
    const left = block.x / INCH + across
    const bottom = number10.insideHeight - down - (letter.page.height - block.y) / INCH
    const right = window.left + window.width - left - block.w / INCH
    const top = window.bottom + window.height - bottom - block.h / INCH
    worst.sides = Math.min(worst.sides, left - window.left, right)
    worst.edges = Math.min(worst.edges, bottom - window.bottom, top)
  }
  return worst
}

test('tap test: folded in thirds, both windows show their whole block at every position of the sheet', () => {
  for (const panel of [FOLD.panel, FOLD.panel - FOLD.tolerance, FOLD.panel + FOLD.tolerance])
    for (const [name, window] of Object.entries(number10.windows)) {
      const { sides, edges } = clearance(letterWindows[name as keyof typeof letterWindows], window, panel)
      assert.ok(sides >= 0.125 - 1e-9, `${name}: ${sides} at the sides`)
      assert.ok(edges >= 0.028 - 1e-9, `${name}: ${edges} above or below`)
    }
  assert.ok(letterWindows.address.w >= BARCODE.width)
})

test('tap test: four lines with a barcode, or five without, clear the address window', () => {
  const { x, y, w, h } = letterWindows.address
  for (const [lines, barcode] of [
    [3, true],
    [4, true],
    [5, false],
  ] as const) {
    const block = { x, y, w, h: blockHeight(lines, 8, barcode) - (barcode ? BARCODE.clearAbove : 0) }
    assert.ok(block.h <= h, `${lines} lines: ${block.h} of ${h}`)
    const { edges } = clearance(block, number10.windows.address, FOLD.panel - FOLD.tolerance)
    assert.ok(edges >= 0.028 - 1e-9, `${lines} lines: ${edges}`)
  }
})

test('the fold is a C-fold in thirds, and what lies on the first panel is above it', () => {
  near(FOLD.panel, 11 / 3)
  assert.ok(letterWindows.address.y >= letter.page.height - SHORTEST_PANEL * INCH)
})

test('whatever the address window may show is kept free of artwork and text', () => {
  const { ever } = throughWindow(number10.windows.address)
  const left = Math.max(0, ever.left * INCH)
  const seen = {
    x: left,
    y: letter.page.height - ever.bottom * INCH,
    w: ever.right * INCH - left,
    h: (ever.bottom - ever.top) * INCH,
  }
  assert.ok(contains(letterReserved, seen))
  assert.ok(LETTER_BODY_TOP >= ever.bottom * INCH + 0.125 * INCH)
  // A letterhead above the return address may be seen beside it; it is never seen beside the address.
  assert.ok(contains(letterReserved, letterWindows.return))
})
