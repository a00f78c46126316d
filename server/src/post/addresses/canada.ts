/** Addresses in Canada as Canada Post wants them (Addressing Guidelines): province by its two letters, postal code `H3G 1S8`. */

const table = `
AB Alberta Alta; BC British Columbia|Colombie-Britannique|CB; MB Manitoba Man; NB New Brunswick|Nouveau-Brunswick;
NL Newfoundland and Labrador|Newfoundland & Labrador|Newfoundland|Labrador|Terre-Neuve-et-Labrador|Terre-Neuve|Nfld|NF|LB|TNL;
NS Nova Scotia|Nouvelle-Écosse|NE; NT Northwest Territories|Territoires du Nord-Ouest|NWT|TNO; NU Nunavut;
ON Ontario|Ont; PE Prince Edward Island|Île-du-Prince-Édouard|PEI|IPE; QC Quebec|Que|PQ|QU; SK Saskatchewan|Sask; YT Yukon|Yukon Territory|YK|TY`

/** Case, accents, points, hyphens and blanks make no difference. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z&]/g, '')

const provinces = new Map<string, string>(
  table
    .trim()
    .split(/;\s*/)
    .flatMap(entry => {
      const code = entry.slice(0, 2)
      const names = entry.slice(3).includes('|') ? entry.slice(3).split('|') : entry.slice(3).split(' ')
      return [code, ...names].map((name): [string, string] => [plain(name), code])
    }),
)

/** `Québec`, `Que.`, `CA-QC`, `QC` → `QC`; undefined for what is no province or territory. */
export const provinceCode = (text: string): string | undefined =>
  provinces.get(plain(text)) ?? (/^CA-/i.test(text) ? provinces.get(plain(text.slice(3))) : undefined)

/** The provinces of a postal code by its first letter (Canada Post: forward sortation areas). */
const byLetter: Readonly<Record<string, string>> = {
  A: 'NL',
  B: 'NS',
  C: 'PE',
  E: 'NB',
  G: 'QC',
  H: 'QC',
  J: 'QC',
  K: 'ON',
  L: 'ON',
  M: 'ON',
  N: 'ON',
  P: 'ON',
  R: 'MB',
  S: 'SK',
  T: 'AB',
  V: 'BC',
  X: 'NT NU',
  Y: 'YT',
}

const shape = /^([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[\s-]*(\d[ABCEGHJ-NPRSTV-Z]\d)$/

/** `h3g1s8` → `H3G 1S8`; undefined for what is no Canadian postal code. */
export const canadianPostalCode = (text: string): string | undefined => {
  const parts = shape.exec(text.trim().toUpperCase())
  return parts ? `${parts[1]} ${parts[2]}` : undefined
}

/** Places on a border whose postal code belongs to the other side: Lloydminster, Flin Flon, the government in Ottawa and Gatineau. */
const acrossTheLine: Readonly<Record<string, string>> = { S9V: 'AB', T9V: 'SK', K1A: 'QC', R8A: 'SK' }

/** The provinces that a postal code (as `canadianPostalCode` writes it) can be in. */
export const provincesOf = (code: string): string[] => {
  const across = acrossTheLine[code.slice(0, 3)]
  return [...byLetter[code[0]!]!.split(' '), ...(across ? [across] : [])]
}
