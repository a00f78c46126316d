/** What the SMTP server decides, without its sockets: who may send what to whom, and in which words it is refused (RFC 5321, RFC 3463). */
import { isIPv6 } from 'node:net'
import { isVerp, parseVerp } from '../email/bounces/verp.ts'
import { canonicalAddress, type Owner } from '../email/inbound/rcpt.ts'

/** Every refusal of ours: reply code, and the text with its enhanced status code. */
export const replies = {
  unknown: [550, '5.1.1 No such mailbox here'],
  relay: [550, '5.7.1 Relaying denied: mail for that domain is not taken here'],
  needsUtf8: [553, '5.6.7 Send SMTPUTF8 with MAIL for an address that is not ASCII'],
  loop: [554, '5.4.6 Mail loop: too many Received fields'],
  unavailable: [451, '4.3.0 Cannot take mail right now, try again later'],
  crowded: [421, '4.7.0 Too many connections from your address'],
  crowdedNetwork: [421, '4.7.0 Too many connections from your network'],
  full: [421, '4.3.2 Too many connections, try again later'],
  faults: [421, '4.7.0 Too many errors'],
  idle: [421, '4.7.0 Too many commands without a mail'],
  slow: [421, '4.4.2 Too slow'],
  endless: [421, '5.3.4 Far beyond the size limit'],
  closing: [421, '4.3.2 Server shutting down, try again later'],
} as const satisfies Record<string, readonly [number, string]>

export class Refusal extends Error {
  readonly responseCode: number
  readonly reason: keyof typeof replies
  constructor(reason: keyof typeof replies) {
    super(replies[reason][1])
    this.responseCode = replies[reason][0]
    this.reason = reason
  }
}

/** May this be a return path? The empty one may: reports have it. Throws a Refusal. */
export const checkSender = (address: string, smtpUtf8: boolean): void => {
  if (!smtpUtf8 && !isAscii(localPart(address))) throw new Refusal('needsUtf8')
}

export interface RecipientRules {
  mailDomain: string
  masterKey: Buffer
  ownerOf(address: string): Promise<Owner> | Owner
}

/**
 * The canonical address of a recipient we take mail for. Throws a Refusal, or whatever the look-up throws.
 * There is nothing to relay by: an address is looked up as it stands, so `a%b@us`, `a!b@us` and their kin are mailboxes
 * that do not exist. Bare `postmaster` (RFC 5321 §4.1.1.3) means the one of our own domain.
 */
export const takeRecipient = async (rules: RecipientRules, given: string, smtpUtf8: boolean): Promise<string> => {
  const address = canonicalAddress(given.includes('@') ? given : `${given}@${rules.mailDomain}`)
  const local = localPart(address)
  // Return paths are at our domain or at `bounces.` of a customer's; the proof in the local part is what counts.
  if (isVerp(local) && parseVerp(rules.masterKey, local)) return address
  if (isVerp(local) && address.endsWith(`@${rules.mailDomain}`)) throw new Refusal('unknown')
  const owner = await rules.ownerOf(address)
  if (owner === 'foreign') throw new Refusal('relay')
  if (!smtpUtf8 && !isAscii(local)) throw new Refusal('needsUtf8')
  if (owner === 'unknown') throw new Refusal('unknown')
  return address
}

const localPart = (address: string): string => address.slice(0, address.lastIndexOf('@'))
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

/** Looks no further into a mail for its trace fields; a header section longer than this is no longer parsed either. */
const headWindow = 128 * 1024

/** How many Received fields a mail has, in its header section. */
export const hopsOf = (mail: Buffer): number => {
  const window = mail.subarray(0, headWindow)
  const end = window.indexOf('\r\n\r\n')
  return window.toString('latin1', 0, end < 0 ? undefined : end).match(/^received[ \t]*:/gim)?.length ?? 0
}

export interface Trace {
  mailFrom: string
  clientName: string
  clientIp: string
  ourName: string
  /** SMTP, ESMTP or ESMTPS (RFC 3848). */
  protocol: string
  id: string
  at: Date
}

/**
 * The fields a server that delivers puts on top (RFC 5321 §4.4), with CRLFs. No `for` clause: one of several recipients
 * must not learn of the others.
 */
export const traceFields = ({ mailFrom, clientName, clientIp, ourName, protocol, id, at }: Trace): string => {
  const name = /^[\w.:[\]-]{1,255}$/.test(clientName) ? clientName : 'unknown'
  const literal = isIPv6(clientIp) ? `IPv6:${clientIp}` : clientIp
  const date = at.toUTCString().replace('GMT', '+0000')
  return `Return-Path: <${mailFrom}>\r\nReceived: from ${name} ([${literal}])\r\n by ${ourName} with ${protocol} id ${id};\r\n ${date}\r\n`
}
