/**
 * What a print shop has to know of a job beside its pages: paper, plex, fold, envelope and class of mail. One entry per format, so that
 * nobody has to ask. The figures are those of printer/sizes.ts, from which the pages were laid out.
 */
import type { App } from '../../platform.ts'
import { cards, FOLD, INCH, letter, number10, type PostcardSize } from '../../printer/sizes.ts'
import type { Job } from './carrier.ts'

/** Service type of the Intelligent Mail barcode → class of mail (USPS service type identifiers, basic and full-service). */
const marketing = new Set(['301', '311', '261', '271', '272', '262', '529', '587'])

const mailClass = (app: App): string =>
  marketing.has(app.config.SERVICE_TYPE_ID) ? 'USPS Marketing Mail' : 'USPS First-Class Mail'

/** DMM 201.1: cards over 4.25 × 6 inches are at least 0.009 inch thick, smaller ones 0.007; heavier stock survives the machines. */
const cardStock = {
  description: 'white card, 14 pt; front gloss or matt, back uncoated so that it takes ink and barcode',
  weight_gsm: 300,
  caliper_inches: [0.012, 0.016],
}
const letterStock = { description: 'white text paper, 24 lb bond (60 lb offset)', weight_gsm: 90, caliper_inches: [0.004, 0.006] }

const rounded = (inches: number): number => Math.round(inches * 1000) / 1000
const inches = (points: number): number => rounded(points / INCH)

/** `format` of a manifest. Lengths are inches; windows count from the lower left of the envelope. */
export const formatOf = (app: App, { kind, size }: Job) => {
  const { page, trim } =
    kind === 'postcard'
      ? cards[size as PostcardSize]
      : { page: letter.page, trim: { w: letter.page.width, h: letter.page.height } }
  const paper = {
    kind,
    size,
    page_inches: [inches(page.width), inches(page.height)],
    trim_inches: [inches(trim.w), inches(trim.h)],
    bleed_inches: inches((page.width - trim.w) / 2),
    sides: 2,
    /** The reverse of what is printed on one side only is a blank page of the file. */
    plex: 'duplex',
    /** Turned like the page of a book: the upright side of a letter, the short side of a card that lies. */
    duplex_edge: kind === 'postcard' ? 'short' : 'long',
    mail_class: mailClass(app),
    color: 'CMYK; RGB parts are tagged, convert them to the output intent of the file',
  }
  if (kind === 'postcard') return { ...paper, stock: cardStock, fold: null, envelope: null }
  const panel = rounded(FOLD.panel)
  return {
    ...paper,
    stock: letterStock,
    fold: {
      type: 'C-fold',
      panels_inches: [panel, panel, panel],
      tolerance_inches: rounded(FOLD.tolerance),
      outside: 'first panel of page 1, towards the windows',
    },
    envelope: {
      type: '#10 double window',
      size_inches: [number10.outsideWidth, number10.insideHeight],
      windows_inches: number10.windows,
    },
  }
}
