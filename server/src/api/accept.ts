/** Choosing a form of the answer by the Accept header (RFC 9110, 12.5.1). */

interface Range {
  type: string
  quality: number
}

const rangesOf = (accept: string): Range[] =>
  accept
    .slice(0, 1000)
    .split(',')
    .map(part => {
      const [type = '', ...parameters] = part.split(';').map(each => each.trim().toLowerCase())
      const quality = parameters.find(each => each.startsWith('q='))?.slice(2)
      return { type, quality: quality === undefined ? 1 : Math.min(1, Number(quality) || 0) }
    })

/** 2 for the type itself, 1 for `image/*`, 0 for all, -1 for another. */
const closeness = (range: string, type: string): number =>
  range === type ? 2 : range === `${type.split('/')[0]}/*` ? 1 : range === '*/*' ? 0 : -1

/**
 * The key of the form the client likes best. Of forms it likes alike the one it names most closely is taken, then the earlier one; without
 * a header, or when none would do, the first. (A client that cannot read the answer can still read its Content-Type.)
 */
export const preferred = (accept: string | undefined, forms: Readonly<Record<string, string>>): string => {
  const ranges = rangesOf(accept || '*/*')
  const rated = Object.entries(forms).map(([key, type]) => {
    const fitting = ranges
      .filter(range => closeness(range.type, type) >= 0)
      .sort((a, b) => closeness(b.type, type) - closeness(a.type, type))
    const [best] = fitting
    return { key, quality: best?.quality ?? 0, close: best ? closeness(best.type, type) : -1 }
  })
  return rated.reduce((one, other) =>
    other.quality > one.quality || (other.quality === one.quality && other.close > one.close) ? other : one,
  ).key
}
