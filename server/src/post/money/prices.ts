/**
 * What a piece costs, in mills (1/1000 USD): making it, and the postage it needs. Postage is the retail first-class rate for stamped
 * cards and letters by the ounce, rounded up to whole cents, so that nothing printed here is ever short paid.
 */
import { problem } from '../../problems.ts'

export const postcardSizes = ['4x6', '6x9', '6x11'] as const
export const letterSizes = ['us_letter'] as const
export type PieceSize = (typeof postcardSizes)[number] | (typeof letterSizes)[number]

export interface Price {
  production_mills: number
  postage_mills: number
}

export const prices: Readonly<Record<PieceSize, Price>> = {
  '4x6': { production_mills: 240, postage_mills: 610 },
  '6x9': { production_mills: 340, postage_mills: 780 },
  '6x11': { production_mills: 420, postage_mills: 780 },
  us_letter: { production_mills: 380, postage_mills: 780 },
}

/** For each ounce of a letter after the first. */
const nextOunceMills = 290
/** Postage beyond the United States, whatever the size, for each ounce. */
const abroadPostageMills = 1700

/** A sheet of 20 lb paper weighs 4.5 g, a #10 envelope 6.8 g, an ounce is 28.35 g: four sheets are the most for one. */
const ouncesOf = (sheets: number): number => Math.ceil((sheets * 4.5 + 6.8) / 28.35)

/** Price of one piece of this size and so many sheets to this country. Throws not_found for a size that is not offered. */
export const priceOf = (size: string, country: string, sheets: number): Price => {
  const price = (prices as Readonly<Record<string, Price>>)[size]
  if (!price) throw problem('not_found', { what: `size ${size}` })
  const ounces = ouncesOf(sheets)
  const postage_mills = country === 'US' ? price.postage_mills + (ounces - 1) * nextOunceMills : abroadPostageMills * ounces
  return { ...price, postage_mills }
}
