/** Mail addresses as callers write them: strict on purpose. What strangers' mail carries is read by read-message.ts instead. */
import { domainToASCII } from 'node:url'

export interface Mailbox {
  address: string
  name: string | null
}

/** C0, DEL, C1 and the Unicode line ends: none may stand in anything that becomes a header or an SMTP command. */
const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/

/** True when text holds a control character, a Unicode line end or half a surrogate pair. */
export const hasControl = (text: string): boolean => control.test(text) || !text.isWellFormed()

/** RFC 5322 §3.2.3 dot-atom. Quoted local parts are legal and never used, except to confuse parsers. */
const dotAtom = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one address an API caller gave: `a@b.example` or `Name <a@b.example>`.
 * The domain comes back lower-cased and as A-labels (IDNA), the local part as it was written (RFC 5321 §2.4).
 * null for anything else: control characters, quoted or non-ASCII local parts, address literals, more than one address,
 * a local part over 64 or an address over 254 octets (RFC 5321 §4.5.3.1).
 */
export const normalizeAddress = (text: string): Mailbox | null => {
  if (text.length > 1000 || hasControl(text)) return null
  const trimmed = text.trim()
  if (!trimmed.endsWith('>')) return withName(trimmed, null)
  const open = trimmed.lastIndexOf('<')
  if (open < 0) return null
  const name = displayName(trimmed.slice(0, open).trim())
  return name === undefined ? null : withName(trimmed.slice(open + 1, -1), name || null)
}

/** The part after the last @, lower-cased; the empty string when there is none. */
export const domainOf = (address: string): string => {
  const at = address.lastIndexOf('@')
  return at < 0 ? '' : address.slice(at + 1).toLowerCase()
}

const withName = (spec: string, name: string | null): Mailbox | null => {
  const at = spec.indexOf('@')
  const local = spec.slice(0, at)
  const domain = normalizeDomain(spec.slice(at + 1))
  if (at < 1 || local.length > 64 || !dotAtom.test(local) || !domain) return null
  const address = `${local}@${domain}`
  return address.length > 254 ? null : { address, name }
}

/** A host name in lower-case A-labels, or null. A numeric last label is refused: it would be read as an IP address. */
const normalizeDomain = (domain: string): string | null => {
  const ascii = /^[\x00-\x7f]*$/.test(domain) ? domain.toLowerCase() : domainToASCII(domain)
  if (ascii.length > 253 || !hostName.test(ascii)) return null
  return /^\d+$/.test(ascii.slice(ascii.lastIndexOf('.') + 1)) ? null : ascii
}

/** The name before `<…>`, unquoted; undefined when it could be read as a second address or as broken quoting. */
const displayName = (text: string): string | undefined => {
  if (text.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)
    return quoted ? quoted[1]!.replace(/\\(.)/g, '$1') : undefined
  }
  return /[<>@"\\;]/.test(text) ? undefined : text
}
