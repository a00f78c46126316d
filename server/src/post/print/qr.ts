/** QR codes (ISO/IEC 18004) as rectangles: correction level M, four modules of white around, never smaller than 0.8 inch. */
import qrcode from 'qrcode-generator'
import { BLACK, type Canvas, num, type Rect, WHITE } from './pdf.ts'
import { PrintProblem } from './problem.ts'

const QUIET_MODULES = 4
/** Version 6. More modules at 0.8 inch would be finer than 0.5 mm, and a phone in poor light would miss them. */
const MOST_MODULES = 41

/** A code ready to be drawn; `text` is what a phone reads. */
export type Qr = { text: string; modules: number; isDark: (row: number, column: number) => boolean }

/**
 * Makes the code of a link. Scheme and host are written in capitals (they mean the same, RFC 3986 section 6.2.2.1); when the
 * rest of the link is in capitals too, the compact alphanumeric mode is used. Throws PrintProblem `qr_url_invalid`.
 */
export function makeQr(link: string): Qr {
  const match = /^(https?:\/\/[^/?#\s@\\]+)([^\s]*)$/i.exec(link)
  if (!match || !URL.canParse(link)) throw new PrintProblem('qr_url_invalid', 'qr.url', `"${link}" is not an http or https link.`)
  const text = match[1]!.toUpperCase() + match[2]!
  const code = qrcode(0, 'M')
  try {
    code.addData(text, /^[0-9A-Z $%*+\-./:]+$/.test(text) ? 'Alphanumeric' : 'Byte')
    code.make()
  } catch {
    throw tooLong(link)
  }
  if (code.getModuleCount() > MOST_MODULES) throw tooLong(link)
  return { text, modules: code.getModuleCount(), isDark: (row, column) => code.isDark(row, column) }
}

function tooLong(link: string): PrintProblem {
  return new PrintProblem('qr_url_invalid', 'qr.url', `The link has ${link.length} characters, too many for a small code: use a short link.`)
}

/** The white box a symbol of this size needs, quiet zone included. */
export function quietBox(symbol: Rect, modules: number): Rect {
  const quiet = (symbol.w / modules) * QUIET_MODULES
  return { x: symbol.x - quiet, y: symbol.y - quiet, w: symbol.w + 2 * quiet, h: symbol.h + 2 * quiet }
}

/** Draws the symbol in K-only black into `box` (a square) on a white ground. */
export function drawQr(canvas: Canvas, qr: Qr, box: Rect): void {
  canvas.fill(WHITE)
  canvas.rect(quietBox(box, qr.modules))
  canvas.fill(BLACK)
  const side = box.w / qr.modules
  let path = ''
  for (let row = 0; row < qr.modules; row++) {
    const y = num(box.y + box.h - (row + 1) * side)
    for (let start = 0; start < qr.modules; start++) {
      if (!qr.isDark(row, start)) continue
      let end = start + 1
      while (end < qr.modules && qr.isDark(row, end)) end++
      path += `${num(box.x + start * side)} ${y} ${num((end - start) * side)} ${num(side)} re\n`
      start = end
    }
  }
  canvas.op(`${path}f`)
}
