/** QR codes as rectangles: correction level M, four modules of white around, never smaller than 0.8 inch. */
import { BLACK, type Canvas, num, type Rect, WHITE } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { encodeQr, type QrSymbol } from './qr-encoder.ts'

const QUIET_MODULES = 4
/** No link of this length fits; longer ones need not be tried. */
const MOST_CHARACTERS = 180

/** A code ready to be drawn; `text` is what a phone reads. */
export type Qr = QrSymbol & { text: string }

/**
 * Makes the code of a link. Scheme and host are written in capitals (they mean the same, RFC 3986 section 6.2.2.1); when the
 * rest of the link is in capitals too, the compact alphanumeric mode is used. At most 41 modules a side: at 0.8 inch a module is
 * then 0.5 mm, the least a phone reads in poor light. Throws PrintProblem `qr_url_invalid`.
 */
export function makeQr(link: string): Qr {
  const match = /^(https?:\/\/[^/?#\s@\\]+)((?:[/?#]\S*)?)$/i.exec(link)
  if (!match || !URL.canParse(link)) throw new PrintProblem('qr_url_invalid', 'qr.url', `"${link}" is not an http or https link.`)
  const text = match[1]!.toUpperCase() + match[2]!
  const symbol = text.length > MOST_CHARACTERS ? undefined : encodeQr(text)
  if (symbol) return { ...symbol, text }
  throw new PrintProblem(
    'qr_url_invalid',
    'qr.url',
    `The link has ${link.length} characters, too many for a small code: use a short link.`,
  )
}

/** The white box a symbol of this size needs, quiet zone included. */
export function quietBox(symbol: Rect, side: number): Rect {
  const quiet = (symbol.w / side) * QUIET_MODULES
  return { x: symbol.x - quiet, y: symbol.y - quiet, w: symbol.w + 2 * quiet, h: symbol.h + 2 * quiet }
}

/** Draws the symbol in K-only black into `box` (a square) on a white ground. */
export function drawQr(canvas: Canvas, qr: Qr, box: Rect): void {
  canvas.fill(WHITE)
  canvas.rect(quietBox(box, qr.side))
  canvas.fill(BLACK)
  const { side, modules } = qr
  const unit = num(box.w / side)
  let path = ''
  for (let row = 0; row < side; row++) {
    for (let start = 0; start < side; start++) {
      if (!modules[row * side + start]) continue
      let end = start + 1
      while (end < side && modules[row * side + end]) end++
      path += `${start} ${side - 1 - row} ${end - start} 1 re\n`
      start = end
    }
  }
  canvas.op(`q ${unit} 0 0 ${unit} ${num(box.x)} ${num(box.y)} cm\n${path}f Q`)
}
