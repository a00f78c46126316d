/**
 * Every dimension of the printed formats, as data. Inches are what the documents speak; boxes are points (1/72 inch) with the
 * origin at the lower left of the page, bleed included.
 *
 * Sources: USPS DMM 201.1 (letter and card sizes, aspect ratio), DMM 202.2.1 (OCR read area), DMM 202.5 and Publication 28
 * appendix A1 (barcode clear zone), QSG 201a (barcode clearances), DMM 602.1 (return address), DMM 604.5 (indicia).
 */
import type { Rect } from './pdf/pdf.ts'

export const INCH = 72
export const BLEED = 0.125 * INCH
/** Nothing that matters may be nearer to the knife than this. */
export const SAFE = 0.125 * INCH

/** 23 bars an inch, within 22 ± 2 of USPS-B-3200: the symbol is 2.80 inches long and fits a #10 window at every shift of the sheet. */
export const BARS_PER_INCH = 23
export const BARCODE = {
  bars: 65,
  pitch: INCH / BARS_PER_INCH,
  barWidth: 0.02 * INCH,
  fullHeight: 0.138 * INCH,
  trackerHeight: 0.048 * INCH,
  width: (64 / BARS_PER_INCH + 0.02) * INCH,
  clearSide: 0.125 * INCH,
  clearAbove: 0.028 * INCH,
} as const

export type PostcardSize = '4x6' | '6x9' | '6x11'

/** Places of the return address and of the permit imprint (or stamp). */
export type Sender = { returnAddress: Rect; indicia: Rect }

/** Where things go on the address side of a card. All boxes include the bleed in their coordinates. */
export type CardLayout = {
  page: { width: number; height: number }
  trim: Rect
  safe: Rect
  /** The part of the artwork which must stay white: our address block and barcode are printed here. */
  addressZone: Rect
  /** Barcode clear zone of the Postal Service: 4.75 × 0.625 inches at the lower right. */
  clearZone: Rect
  /** Where a sorting machine looks for the address. */
  readArea: Rect
  /** Left edge and baseline of the last line of the address; it grows upwards. */
  address: { x: number; y: number }
  /** In the open beside a message of ours; inside the address zone on finished artwork, which need not leave more white. */
  beside: Sender
  inZone: Sender
  message: Rect
  /** The QR symbol itself; four modules around it stay white. */
  qr: Rect
}

const trims: Readonly<Record<PostcardSize, readonly [width: number, height: number]>> = {
  '4x6': [6, 4],
  '6x9': [9, 6],
  '6x11': [11, 6],
}

export const cards: Readonly<Record<PostcardSize, CardLayout>> = {
  '4x6': cardLayout('4x6', { zone: 3.2835, address: 0.115, message: { x: 22, y: 58, w: 156, h: 226 }, qr: 0.8 }),
  '6x9': cardLayout('6x9', { zone: 4, address: 0.45, message: { x: 30, y: 30, w: 274, h: 390 }, qr: 1 }),
  '6x11': cardLayout('6x11', { zone: 4, address: 0.45, message: { x: 34, y: 32, w: 412, h: 386 }, qr: 1 }),
}

function cardLayout(
  size: PostcardSize,
  { zone, address, message, qr }: { zone: number; address: number; message: Rect; qr: number },
): CardLayout {
  const [trimWidth, trimHeight] = trims[size]
  const trim = { x: BLEED, y: BLEED, w: trimWidth * INCH, h: trimHeight * INCH }
  const page = { width: trim.w + 2 * BLEED, height: trim.h + 2 * BLEED }
  const right = trim.x + trim.w
  // Ink-free zone as the large print houses publish it: 0.275 inch from the right and 0.25 from the bottom, bleed included.
  const addressZone = { x: page.width - (0.275 + zone) * INCH, y: 0.25 * INCH, w: zone * INCH, h: 2.375 * INCH }
  const zoneTop = addressZone.y + addressZone.h - 1
  const top = page.height - BLEED - 0.2 * INCH
  return {
    page,
    trim,
    safe: { x: trim.x + SAFE, y: trim.y + SAFE, w: trim.w - 2 * SAFE, h: trim.h - 2 * SAFE },
    addressZone,
    clearZone: { x: right - 4.75 * INCH, y: trim.y, w: 4.75 * INCH, h: 0.625 * INCH },
    readArea: { x: trim.x + 0.5 * INCH, y: trim.y + 0.625 * INCH, w: trim.w - INCH, h: (2.75 - 0.625) * INCH },
    address: { x: addressZone.x + address * INCH, y: trim.y + 0.72 * INCH },
    beside: {
      returnAddress: { x: addressZone.x + 0.06 * INCH, y: top - 0.62 * INCH, w: 1.95 * INCH, h: 0.62 * INCH },
      indicia: { x: right - 0.2 * INCH - 1.05 * INCH, y: top - 0.72 * INCH, w: 1.05 * INCH, h: 0.72 * INCH },
    },
    inZone: {
      returnAddress: { x: addressZone.x + 0.06 * INCH, y: zoneTop - 0.6 * INCH, w: 1.95 * INCH, h: 0.6 * INCH },
      indicia: { x: addressZone.x + addressZone.w - 1.07 * INCH, y: zoneTop - 0.6 * INCH, w: 1.05 * INCH, h: 0.6 * INCH },
    },
    message,
    qr: { x: message.x, y: size === '4x6' ? 27 : message.y + 10, w: qr * INCH, h: qr * INCH },
  }
}

/** US letter: no bleed; presses leave 1/16 inch, our own text stays 0.75 inch inside. Distances below count from the top left. */
export const letter = {
  page: { width: 8.5 * INCH, height: 11 * INCH },
  margin: 0.75 * INCH,
  unprintable: INCH / 16,
} as const

/**
 * A C-fold in thirds, as every folding machine is set for letters: 3 2/3 inches, give or take 1/32. The shorter the panel, the farther the
 * sheet slides in its envelope, so what windows show is worked out for the shortest one.
 */
export const FOLD = { panel: 11 / 3, tolerance: 1 / 32 } as const
export const SHORTEST_PANEL = FOLD.panel - FOLD.tolerance

type Window = { left: number; bottom: number; width: number; height: number }

/**
 * #10 double-window envelope, inches, measured from the lower left of the inside. The address window is 1 1/8 inches high, as that of most
 * #10 envelopes is: behind one of 1 inch, a barcode and four lines of a sheet folded in thirds do not stay in sight at every tap.
 */
export const number10 = {
  outsideWidth: 9.5,
  insideWidth: 9.4,
  insideHeight: 4.125,
  windows: {
    return: { left: 0.625, bottom: 2.375, width: 3.25, height: 0.875 },
    address: { left: 0.625, bottom: 1, width: 4, height: 1.125 },
  },
} as const

/** A part of the page in inches from its upper left corner. */
export type Band = { left: number; top: number; right: number; bottom: number }

/**
 * What a window shows of the page while the sheet slides in the envelope (the "tap test" of DMM 202.5.7): `always` is in sight
 * at every position, `ever` at some. The sheet lies at most `insideHeight - panel` below the upper edge of the envelope and at
 * most `insideWidth - 8.5` from its left side.
 */
export function throughWindow(window: Window, panel: number = SHORTEST_PANEL): { always: Band; ever: Band } {
  const down = number10.insideHeight - panel
  const across = number10.insideWidth - letter.page.width / INCH
  const top = number10.insideHeight - window.bottom - window.height
  const bottom = number10.insideHeight - window.bottom
  const right = window.left + window.width
  return {
    always: { left: window.left, top, right: right - across, bottom: bottom - down },
    ever: { left: window.left - across, top: top - down, right, bottom },
  }
}

/** A band of the first page as a box in points from the lower left. */
export function bandToRect(band: Band): Rect {
  return {
    x: band.left * INCH,
    y: letter.page.height - band.bottom * INCH,
    w: (band.right - band.left) * INCH,
    h: (band.bottom - band.top) * INCH,
  }
}

/** Clearance of text and barcode to the edge of a window, inches (QSG 201a: 1/8 at the sides, 0.028 above and below). */
export const WINDOW_SIDE = 0.125
export const WINDOW_EDGE = 0.028

/** What may be printed in each window, points. */
export const letterWindows = {
  address: inset(throughWindow(number10.windows.address).always),
  return: inset(throughWindow(number10.windows.return).always),
} as const

function inset(band: Band): Rect {
  return bandToRect({
    left: band.left + WINDOW_SIDE,
    top: band.top + WINDOW_EDGE,
    right: band.right - WINDOW_SIDE,
    bottom: band.bottom - WINDOW_EDGE,
  })
}

/** The part of a letter's first page which artwork must leave white: whatever may show in a window, and 1/16 inch around it. */
export const letterReserved: Rect = bandToRect({ left: 0, top: 0.5625, right: 4.6875, bottom: 3.1875 })
/** Where the text of the first page starts, points from the top: below the first fold's windows. */
export const LETTER_BODY_TOP = 3.5 * INCH

/** True when `inner` lies inside `outer`, give or take a thousandth of a point. */
export function contains(outer: Rect, inner: Rect): boolean {
  const slack = 0.001
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.w <= outer.x + outer.w + slack &&
    inner.y + inner.h <= outer.y + outer.h + slack
  )
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
