/**
 * Which state a ZIP code is in. The table gives the state of every 3-digit prefix that is assigned: the prefixes of the Postal Service's
 * labeling list L002 (3-Digit ZIP Code Prefix Matrix, Domestic Mail Manual; military ones as APO/FPO AE, AP and AA), with the state of the
 * addresses rather than of the plant that sorts for them (010 is Massachusetts, though its mail is labeled to Hartford CT); checked against
 * 42,555 ZIP codes of a public list. A prefix that is not here is assigned to nobody.
 */

const ranges = `
005 NY; 006-007 PR; 008 VI; 009 PR; 010-027 MA; 028-029 RI; 030-038 NH; 039-049 ME; 050-054 VT; 055 MA; 056-059 VT; 060-069 CT; 070-089 NJ;
090-099 AE; 100-149 NY; 150-196 PA; 197-199 DE; 200 DC; 201 VA; 202-205 DC; 206-212 MD; 214-219 MD; 220-246 VA; 247-268 WV; 270-289 NC;
290-299 SC; 300-319 GA; 320-339 FL; 340 AA; 341-342 FL; 344 FL; 346-347 FL; 349 FL; 350-352 AL; 354-369 AL; 370-385 TN; 386-397 MS;
398-399 GA; 400-427 KY; 430-459 OH; 460-479 IN; 480-499 MI; 500-516 IA; 520-528 IA; 530-532 WI; 534-535 WI; 537-549 WI; 550-551 MN;
553-567 MN; 569 DC; 570-577 SD; 580-588 ND; 590-599 MT; 600-620 IL; 622-629 IL; 630-631 MO; 633-641 MO; 644-658 MO; 660-662 KS; 664-679 KS;
680-681 NE; 683-693 NE; 700-701 LA; 703-708 LA; 710-714 LA; 716-729 AR; 730-731 OK; 733 TX; 734-741 OK; 743-749 OK; 750-770 TX; 772-799 TX;
800-816 CO; 820-831 WY; 832-838 ID; 840-847 UT; 850-853 AZ; 855-857 AZ; 859-860 AZ; 863-865 AZ; 870-871 NM; 873-884 NM; 885 TX; 889-891 NV;
893-895 NV; 897-898 NV; 900-908 CA; 910-928 CA; 930-961 CA; 962-966 AP; 967-968 HI; 969 GU MP PW FM MH; 970-979 OR; 980-986 WA; 988-994 WA;
995-999 AK`

/**
 * ZIP codes in another state than their prefix, and those whose carriers cross a state line (ZIP code tabulation areas of more than one
 * state, 2010 census): each with the states it has beside that of its prefix. A minus: not that of its prefix.
 */
const exceptions = `
06390 NY -; 83414 WY -; 96799 AS -; 20588 MD; 20598 VA; 02861 MA; 42223 TN; 51023 SD; 59221 ND; 63673 IL; 71749 LA; 73949 TX; 73960 TX;
81137 NM; 84536 AZ; 86044 UT; 86515 NM; 88063 TX; 89439 CA; 97635 CA`

const entries = (table: string): [key: string, states: string[]][] =>
  table
    .trim()
    .split(/;\s*/)
    .map(entry => {
      const [key, ...states] = entry.split(' ') as [string, ...string[]]
      return [key, states]
    })

const byPrefix = new Map<string, string[]>()
for (const [range, states] of entries(ranges)) {
  const [from, to = from] = range.split('-') as [string, string?]
  for (let prefix = Number(from); prefix <= Number(to); prefix++) byPrefix.set(String(prefix).padStart(3, '0'), states)
}
const byZip = new Map(
  entries(exceptions).map(([zip, states]): [string, string[]] => [
    zip,
    states.includes('-') ? states.filter(state => state !== '-') : [...byPrefix.get(zip.slice(0, 3))!, ...states],
  ]),
)
const nowhere: string[] = []

/** The states, two letters each, that this ZIP code (five digits, or more) can be in; none for a prefix that is not assigned. */
export const statesOfZip = (zip: string): readonly string[] =>
  byZip.get(zip.slice(0, 5)) ?? byPrefix.get(zip.slice(0, 3)) ?? nowhere

/** Forms that spreadsheets and people give a ZIP code → `12345` or `12345-6789`; other text as it is. */
export const zipForm = (text: string): string => {
  if (text.length === 5 && plain.test(text)) return text
  const zip = text
    .replace(/\s*[‐-―−]\s*|\s+-\s*|-\s+/g, '-')
    .replace(/\.0+$/, '')
    .replace(/-$/, '')
  const digits = /^(\d{5})[- ]?(\d{4})?$/.exec(zip)
  // An add-on of zeros is what programs write that have none.
  return digits ? digits[1]! + (digits[2] && digits[2] !== '0000' ? `-${digits[2]}` : '') : zip
}
const plain = /^\d{5}$/

/**
 * Spreadsheets take `02139` for the number 2139, and `021394307` for 21394307. The zeros come back only where the state has the ZIP code
 * that results: 2139 in MA is 02139, but 7870 in TX has lost another digit. Undefined when there is nothing to mend, or no telling.
 */
export const withZeros = (text: string, state: string | undefined): string | undefined => {
  const parts = /^(?:(\d{3,4})(?:-(\d{4}))?|(\d{3,4})(\d{4}))$/.exec(text)
  if (!parts) return undefined
  const zip = (parts[1] ?? parts[3]!).padStart(5, '0')
  if (!state || !statesOfZip(zip).includes(state)) return undefined
  const plus4 = parts[2] ?? parts[4]
  return plus4 && plus4 !== '0000' ? `${zip}-${plus4}` : zip
}

/** Why a ZIP code cannot be one of this state; undefined when it can. */
export const zipProblem = (zip: string, state: string, written = zip): string | undefined => {
  const states = statesOfZip(zip)
  if (states.includes(state)) return undefined
  return states.length === 0
    ? `"${written}" is no ZIP code: none begins with ${zip.slice(0, 3)}`
    : `"${written}" is no ZIP code of ${state}: those that begin with ${zip.slice(0, 3)} are in ${states.join(', ')}`
}
