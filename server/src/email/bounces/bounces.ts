import { readFileSync } from 'node:fs'

/**
 * Why a server did not take a message. About the recipient: hard (the address is gone), quota. About us: auth, blocklist, rate,
 * greylist. About the message: spam, content. About neither: policy (rules of the receiver), network, soft (no better reason known).
 */
export type BounceCategory =
  | 'hard'
  | 'quota'
  | 'greylist'
  | 'rate'
  | 'auth'
  | 'blocklist'
  | 'spam'
  | 'policy'
  | 'content'
  | 'network'
  | 'soft'

/** What follows: `suppress` fail and never write to this address again · `fail` give this message up · `retry` send it again later. */
export type BounceAction = 'suppress' | 'fail' | 'retry'

/** `reason` is one sentence for the sender of the message. */
export type Verdict = { category: BounceCategory; action: BounceAction; reason: string }

/** A refusal: a reply of class 4 or 5, in SMTP or reported. */
export interface SmtpRefusal {
  /** 0 when there was none. */
  code: number
  /** Enhanced status code (RFC 3463). */
  enhanced: string | null
  text: string
}

/** One line of bounce-rules.txt with the reply in the comment above it. */
export type BounceRule = Verdict & { pattern: RegExp; example: string }

const maxText = 1000

const verdict = (category: BounceCategory, action: BounceAction, reason: string): Verdict => ({ category, action, reason })
const gone = verdict('hard', 'suppress', 'The mailbox does not exist.')
const senderRefused = verdict('auth', 'fail', 'The server refuses our sender address.')
const notAuthenticated = verdict('auth', 'fail', 'The server could not confirm that the mail is ours.')
const malformed = verdict('content', 'fail', 'The server finds the message malformed.')
const tooLarge = verdict('content', 'fail', 'The message is larger than the server takes.')
const full = verdict('quota', 'fail', 'The mailbox is full.')
const forbidden = verdict('policy', 'fail', 'The server refused the message for reasons of policy.')
const troubled = verdict('soft', 'fail', 'The server has a problem.')
const unreachable = verdict('network', 'fail', 'The server could not be reached or the connection broke off.')
const unexplained = verdict('policy', 'fail', 'The server refused the message and does not say why.')

/** Meaning of enhanced codes without their class, most exact first (RFC 3463, 6710, 7293, 7372, 7505 and the IANA registry). */
const byEnhanced: Record<string, Verdict> = {
  '1': unexplained,
  '1.1': gone,
  '1.2': verdict('hard', 'suppress', 'The domain does not exist.'),
  '1.3': verdict('hard', 'suppress', 'The address is not a valid one.'),
  '1.6': verdict('hard', 'suppress', 'The mailbox is no longer in use.'),
  '1.7': senderRefused,
  '1.8': senderRefused,
  '1.10': verdict('hard', 'suppress', 'The domain takes no mail.'),
  '2': verdict('soft', 'fail', 'The mailbox cannot take the message.'),
  '2.1': verdict('hard', 'suppress', 'The mailbox is closed.'),
  '2.2': full,
  '2.3': tooLarge,
  '3': troubled,
  '3.4': tooLarge,
  '4': unreachable,
  '5': verdict('soft', 'fail', 'The server did not understand us.'),
  '5.3': verdict('rate', 'retry', 'The server takes fewer recipients at a time.'),
  '6': malformed,
  '6.7': verdict('content', 'fail', 'The server does not take internationalized addresses.'),
  '7': forbidden,
  '7.8': verdict('auth', 'fail', 'The relay did not accept our credentials.'),
  '7.17': verdict('hard', 'suppress', 'The mailbox belongs to somebody else now.'),
  '7.18': verdict('hard', 'suppress', 'The domain belongs to somebody else now.'),
  '7.20': notAuthenticated,
  '7.21': notAuthenticated,
  '7.22': notAuthenticated,
  '7.23': notAuthenticated,
  '7.24': notAuthenticated,
  '7.25': verdict('auth', 'fail', 'Our sending address has no matching reverse DNS name.'),
  '7.26': notAuthenticated,
  '7.27': senderRefused,
  '7.28': verdict('rate', 'retry', 'The provider finds our sending rate unusual.'),
  '7.29': notAuthenticated,
}

/** Meaning of the three digits alone (RFC 5321 4.2.3, RFC 7504). A bare 550 may be policy as well as an unknown user: nobody is suppressed for it. */
const byCode: Record<number, Verdict> = {
  421: troubled,
  450: verdict('soft', 'fail', 'The mailbox cannot be reached at the moment.'),
  452: verdict('soft', 'fail', 'The server is out of resources at the moment.'),
  521: verdict('policy', 'fail', 'The server takes no mail.'),
  552: full,
  553: verdict('policy', 'fail', 'The server does not like the address.'),
  556: verdict('hard', 'suppress', 'The domain takes no mail.'),
}

/** Reads the rules; throws on a line that is none, so that a slip in the file stops the start and not a delivery. */
export function parseRules(text: string): BounceRule[] {
  const rules: BounceRule[] = []
  let example = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) example = line.replace(/^# ?/, '')
    else if (line !== '') {
      const [pattern = '', category, action, reason, ...more] = line.split('\t')
      if (!reason || more.length > 0) throw new Error(`bounce rule is not four fields between tabs: ${line}`)
      rules.push({
        pattern: new RegExp(pattern),
        category: category as BounceCategory,
        action: action as BounceAction,
        reason,
        example,
      })
    }
  }
  return rules
}

export const bounceRules = parseRules(readFileSync(new URL('./bounce-rules.txt', import.meta.url), 'utf8'))

/**
 * What a refusal means (code 0 for a connection that gave none): the first rule its words fit, otherwise its enhanced code,
 * otherwise its code. Never `suppress` or `fail` for a 4xx, and never `suppress` on words alone when the enhanced code speaks
 * of security and policy (5.7.x).
 */
export function classify(reply: SmtpRefusal): Verdict {
  const { code, enhanced } = reply
  if (code === 0) return { ...unreachable, action: 'retry' }
  return temper(reply, byWords(reply) ?? byCodes(code, enhanced))
}

/** The same, where the words or the enhanced code give a reason; undefined where only the class of the reply is known. */
export function recognize(reply: SmtpRefusal): Verdict | undefined {
  const [, subject = '', detail] = reply.enhanced?.split('.') ?? []
  const known = byWords(reply) ?? byEnhanced[`${subject}.${detail}`]
  return known && temper(reply, known)
}

const byWords = ({ code, text }: SmtpRefusal): Verdict | undefined => {
  const words = `${code} ${oneLine(text)}`
  return bounceRules.find(({ pattern }) => pattern.test(words))
}

function temper({ code, enhanced }: SmtpRefusal, { category, action, reason }: Verdict): Verdict {
  // RFC 5321 4.2.1: a 4yz is for now, whatever the words are
  if (code < 500) return { category: category === 'hard' ? 'soft' : category, action: 'retry', reason }
  const meantUs = action === 'suppress' && enhanced !== null && /^5\.7\.(?!1[78]$)/.test(enhanced)
  return meantUs ? forbidden : { category, action, reason }
}

/** Lower case, one space between words, and the enhanced code that many servers repeat on every line only once. */
function oneLine(text: string): string {
  return text
    .slice(0, maxText)
    .toLowerCase()
    .replace(/\n[245]\.\d{1,3}\.\d{1,3} /g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function byCodes(code: number, enhanced: string | null): Verdict {
  const [, subject = '', detail] = enhanced?.split('.') ?? []
  return byEnhanced[`${subject}.${detail}`] ?? byEnhanced[subject] ?? byCode[code] ?? (code < 500 ? troubled : unexplained)
}
