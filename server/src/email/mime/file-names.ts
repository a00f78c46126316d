/** File names and media types that came from outside, made safe to store, to show and to write into a header. */

/** C0, DEL, C1, line ends, zero-width and direction marks (the "gpj.exe" trick), and half surrogates. */
const unsafe = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu
const longestName = 255

/**
 * The last path component of a name without control, direction and zero-width characters, at most 255 octets of UTF-8
 * with its extension kept; `fallback` when nothing is left.
 */
export const safeFileName = (name: string | null, fallback = 'attachment'): string => {
  const last = (name ?? '').slice(-4000).replace(unsafe, '').split(/[/\\]/).pop()!
  const trimmed = last
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+/, '')
    .trimEnd()
  return shorten(trimmed) || fallback
}

const token = '[a-z0-9][a-z0-9!#$&^_.+-]{0,126}'
const mediaType = new RegExp(`^(${token}/${token})((?: *; *${token}=[a-z0-9!#$&^_.+-]{1,126}){0,10})$`, 'i')

/**
 * `type/subtype` in lower case and its simple parameters when all of it is well formed (RFC 6838 §4.2), otherwise
 * application/octet-stream. `name` and `boundary` are left out: those the composer decides.
 */
export const readMediaType = (text: string): { type: string; parameters: Record<string, string> } => {
  const match = mediaType.exec(text.trim())
  if (!match) return { type: 'application/octet-stream', parameters: {} }
  const pairs = match[2]!.split(';').slice(1)
  const parameters = pairs
    .map(pair => pair.trim().split('=') as [string, string])
    .filter(([key]) => !/^(?:name|boundary)$/i.test(key))
  return { type: match[1]!.toLowerCase(), parameters: Object.fromEntries(parameters) }
}

/** What is wrong with the type a sender gives a file; null when nothing is. What a container says of itself is the composer's to write. */
export const fileTypeProblem = (text: string): string | null => {
  const match = mediaType.exec(text)
  if (!match) return 'is not a media type such as application/pdf'
  const [, type = '', rest = ''] = match
  if (/^(?:multipart|message)\//i.test(type))
    return `cannot be ${type.toLowerCase()}, which is a part of a mail and not a file; use application/octet-stream`
  const names = rest
    .split(';')
    .slice(1)
    .map(pair => pair.trim().split('=')[0]!.toLowerCase())
  const ours = names.find(name => /^(?:name|filename|boundary)(?:\*|$)/.test(name))
  if (ours) return `cannot have the parameter ${ours}; leave it out`
  return new Set(names).size < names.length ? 'has a parameter twice' : null
}

const shorten = (name: string): string => {
  if (Buffer.byteLength(name) <= longestName) return name
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : ''
  let stem = ''
  let room = longestName - Buffer.byteLength(extension)
  for (const character of extension ? name.slice(0, dot) : name) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    stem += character
  }
  return stem + extension
}
