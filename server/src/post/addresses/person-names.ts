/**
 * Names of persons in one cell → first and last name, for messages that greet. What is no person, or might be none (companies, families,
 * "Current Resident", `Smith & Jones`), is left alone: a card that begins "Hi Bank" is worse than one that is refused for lack of a name.
 */

/** `whole` is the name as it is written on an address: `Doe, Jane` is Jane Doe. Parts that are not there are left out. */
export interface PersonName {
  whole: string
  prefix?: string
  first?: string
  middle?: string
  last?: string
  suffix?: string
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

const prefixes =
  words(`mr mrs ms miss mx dr prof professor rev reverend fr father sr sister br brother pastor rabbi imam hon judge sir dame lord lady
  capt captain col colonel gen general lt lieutenant maj major sgt sergeant cpl pvt adm admiral cmdr commander ensign chief officer sen senator
  rep gov governor pres president amb ambassador herr frau fraulein monsieur madame mademoiselle mme mlle mm señor señora señorita don doña sra
  srta dott ing messrs mesdames`)
/** Also given names or initials: prefixes only before two further words. */
const doubtful = words('fr sr br don general major judge chief sister father brother don president')
const suffixes =
  words(`jr sr ii iii iv v esq esquire phd md dds dmd dvm do jd cpa rn np pa pe edd psyd dc od lpn cfp cfa mba ma ms bsc msc ret usn usmc
  usaf junior senior 2nd 3rd 4th`)
/** Surnames too, unless they are written in capitals behind a name that is not. */
const rare = words('do pa pe ma ms od np dc v')
/** As they stand in surnames: van Gogh, de la Cruz, Ponce de León. */
const particles =
  words(`van von vom zu zum zur der den dem des de del della delle dello di da das do dos du la le las los el al bin ibn ben bint st saint
  ste ter ten te op in 't het lo y af av`)
/** In capitals these may be given names. */
const isGiven = (word: string): boolean => /^(Ben|Al|Van|Del|Le|La|Da|Te|El)$/.test(word)

const company = new RegExp(
  String.raw`\d|@|\b(inc|incorporated|llc|l\.l\.c|llp|lp|ltd|limited|corp|corporation|company|co|pllc|pc|gmbh|ag|kg|ohg|ug|sa|sarl|sas|bv|nv|srl|spa|plc|pty|oy|ab|
bank|credit union|university|college|school|academy|church|temple|synagogue|mosque|ministries|chapel|parish|diocese|association|assn|society|foundation|fund|trust|estate|
club|league|group|partners|partnership|associates|services|service|solutions|systems|technologies|technology|tech|software|department|dept|office|agency|bureau|county|city of|
town of|village of|state of|hospital|clinic|medical|dental|health|healthcare|pharmacy|center|centre|institute|museum|library|theatre|theater|hotel|inn|motel|resort|restaurant|cafe|café|
coffee|bakery|bar|grill|pizza|pizzeria|deli|market|markets|store|stores|shop|shops|boutique|salon|spa|studio|studios|gallery|realty|realtors|properties|property|management|mgmt|holdings|
enterprises|ventures|capital|investments|insurance|financial|finance|mortgage|accounting|law|legal|attorneys|construction|builders|building|contractors|plumbing|electric|
electrical|heating|roofing|landscaping|cleaning|auto|automotive|motors|tire|repair|garage|supply|supplies|products|industries|manufacturing|mfg|foods|farm|farms|ranch|
brothers|bros|sons|daughters|international|global|national|american|usa|united|enterprise|consulting|consultants|design|designs|media|marketing|press|publishing|
resident|residents|occupant|occupants|homeowner|homeowners|neighbor|customer|tenant|postal|boxholder|household|family|families|team|board|committee|council|friends of)\b`.replaceAll(
    '\n',
    '',
  ),
  'i',
)

const and = String.raw`(?:&|\+|and|und|et|och|og)`
const couple = new RegExp(String.raw`^(.+?)\s+${and}\s+(.+)$`, 'i')
const coupleSpanish = /^(\S+)\s+y\s+(\S+\s+.+)$/i

const plain = (word: string): string => word.toLowerCase().replace(/[.,]/g, '')
const joined = (parts: readonly string[]): string | undefined => (parts.length > 0 ? parts.join(' ') : undefined)

/** Reads one name. Never throws; what it cannot make out has only `whole`. */
export const readPersonName = (text: string): PersonName => {
  const whole = text.replace(/\s+/g, ' ').trim()
  const alone: PersonName = { whole }
  if (!/\p{L}/u.test(whole) || whole.length > 100) return alone
  const turned = lastFirst(whole)
  if (isNoPerson(turned)) return alone
  if (turned.includes(',') || turned.includes('/') || /[()"]/.test(turned.replace(/\s[("][^)"]*[)"]\s/g, ' '))) return alone
  const pair = couple.exec(turned) ?? coupleSpanish.exec(turned)
  if (pair) return twoPersons(turned, pair[1]!, pair[2]!) ?? alone
  const { first, last, ...more } = onePerson(turned)
  return { whole: turned, ...more, ...(first ? { first } : {}), ...(last ? { last } : {}) }
}

const isSuffix = (word: string, all: string): boolean =>
  suffixes.has(plain(word)) && (!rare.has(plain(word)) || (/^[A-Z.]+$/.test(word) && all !== all.toUpperCase()))

const isNoPerson = (text: string): boolean =>
  company.test(text.replace(/ (2nd|3rd|4th)$/i, '')) || /^(the|an?)\s/i.test(text) || /'s$|’s$/i.test(text)

/** `Doe, Jane A.` → `Jane A. Doe`; `Doe, Jane, Jr.` → `Jane Doe Jr.`; `Jane Doe, MD` → `Jane Doe MD`. Others as they are. */
const lastFirst = (text: string): string => {
  if (!text.includes(',')) return text
  const parts = text.split(',').map(part => part.trim())
  const isAfter = (part: string) => part !== '' && part.split(' ').every(word => isSuffix(word, text))
  const names = parts.filter(part => part !== '' && !isAfter(part))
  const after = parts.filter(isAfter)
  if (names.length === 1) return [names[0], ...after].join(' ')
  const [last, first] = names as [string, string]
  if (names.length !== 2 || last.split(' ').length > 4 || first.split(' ').length > 4 || isNoPerson(last) || isNoPerson(first))
    return text
  // "Doe Jr., John": the suffix of the surname goes to the end.
  const surname = last.split(' ')
  const own = surname.length > 1 && isSuffix(surname.at(-1)!, text) ? [surname.pop()!] : []
  return [first, surname.join(' '), ...own, ...after].join(' ')
}

const onePerson = (text: string): Omit<PersonName, 'whole'> => {
  const all = text.split(' ')
  const before: string[] = []
  const after: string[] = []
  while (all.length > 1 && prefixes.has(plain(all[0]!)) && (all.length > 2 || !doubtful.has(plain(all[0]!))))
    before.push(all.shift()!)
  while (all.length > 1 && isSuffix(all.at(-1)!, text) && (all.length > 2 || before.length > 0)) after.unshift(all.pop()!)
  const prefix = joined(before)
  const suffix = joined(after)
  const more = { ...(prefix ? { prefix } : {}), ...(suffix ? { suffix } : {}) }
  // "Mr. Doe" is greeted by no first name.
  if (all.length === 1) return prefix ? { ...more, last: all[0]! } : { ...more, first: all[0]! }
  const from = surnameStart(all)
  // "J. Robert Oppenheimer": nobody is called J.
  const firsts = /^\p{Lu}\.?$/u.test(all[0]!) && from > 1 ? 2 : 1
  const middle = joined(all.slice(firsts, from))
  return { ...more, first: all.slice(0, firsts).join(' '), ...(middle ? { middle } : {}), last: all.slice(from).join(' ') }
}

/** The last word, and the particles before it with what they follow: `Juan Ponce de León` is Juan. */
const surnameStart = (all: readonly string[]): number => {
  const isParticle = (word: string | undefined) => word !== undefined && particles.has(plain(word))
  const at = all.findIndex(
    (word, i) =>
      i > 0 && i < all.length - 1 && isParticle(word) && !(i === 1 && all.length > 3 && isGiven(word) && !isParticle(all[2])),
  )
  if (at < 0) return all.length - 1
  // Ortega y Gasset: what stands before "y" is a surname too.
  return plain(all[at]!) === 'y' && at > 1 ? at - 1 : at
}

/** `Jane and John Doe` → first `Jane and John`, last Doe; with two surnames both are kept. */
const twoPersons = (whole: string, left: string, right: string): PersonName | undefined => {
  if (couple.test(right)) return undefined
  const word = / (&|\+) /.test(whole) ? '&' : 'and'
  const one = left.split(' ')
  const two = right.split(' ')
  const titles = one.every(part => prefixes.has(plain(part)))
  if (titles) {
    const person = onePerson(right)
    const prefix = `${left} ${word} ${person.prefix ?? ''}`.trim()
    return {
      whole,
      prefix,
      ...(person.first && person.last ? { first: person.first } : {}),
      ...(person.last || person.first ? { last: person.last ?? person.first! } : {}),
    }
  }
  const second = onePerson(right)
  // "Smith & Jones", "Jane & John": firm or couple, who can tell.
  if (two.length === 1 || !second.last || !second.first) return undefined
  const { first = '', last, prefix } = onePerson(left)
  // "Ms. Jane and Mr. John Doe": the first has a title and no surname.
  const [hers, surname] = first ? [first, last] : [last!, undefined]
  const both = prefix && second.prefix ? { prefix: `${prefix} ${word} ${second.prefix}` } : {}
  return {
    whole,
    ...both,
    first: `${hers} ${word} ${second.first}`,
    last: surname && surname !== second.last ? `${surname} ${word} ${second.last}` : second.last,
  }
}
