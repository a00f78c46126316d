import type { Reply } from './replies.ts'
import { isSafeMailbox } from './wire.ts'

/** What the peer's EHLO offered. `size`: the most bytes it takes, Infinity when it names no limit, null when it does not know SIZE (RFC 1870). */
export type Extensions = { pipelining: boolean; eightBit: boolean; utf8: boolean; size: number | null }

/**
 * One message for one server. `mailFrom` is '' for the null sender. `size` in bytes is needed only with a stream.
 * `utf8`: headers or addresses hold UTF-8 (RFC 6531). `eightBit`: the content has bytes above 127; it is declared where the peer
 * offers 8BITMIME and sent as it is elsewhere, since re-coding would break its signature and every server of today is 8-bit clean.
 */
export type Outgoing = {
  mailFrom: string
  rcptTo: string[]
  data: Buffer | AsyncIterable<Buffer>
  size?: number
  utf8?: boolean
  eightBit?: boolean
  /** Called for every answer of the peer that is about this message, and while its turn comes nearer. */
  onProgress?: () => void
}

export type Phase = 'connect' | 'greeting' | 'ehlo' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'end'

/** `code` 0: the peer gave no usable answer and `reply` is our account. `phase`: which step the reply answers; 'end' is the final dot. */
export type RecipientResult = {
  address: string
  outcome: 'delivered' | 'deferred' | 'failed'
  code: number
  enhanced: string | null
  reply: string
  phase: Phase
}

/** In the order of `rcptTo`. `ambiguous`: the connection died after the final dot, so a deferred recipient may have got the message. */
export type SendResult = { recipients: RecipientResult[]; ambiguous?: true }

/** 2 done, 3 go on, 4 not now, 5 never, 0 no usable answer (RFC 5321 4.2.1). */
export const classOf = (reply: Reply) => Math.trunc(reply.code / 100)

function outcomeOf(reply: Reply, phase: Phase): RecipientResult['outcome'] {
  if (phase === 'end' && classOf(reply) === 2) return 'delivered'
  return classOf(reply) === 5 ? 'failed' : 'deferred'
}

const isUnicode = (address: string) => /[^\x00-\x7f]/.test(address)
const refusal = (code: number, enhanced: string, text: string): Reply => ({ code, enhanced, text })
const noSmtputf8 = refusal(553, '5.6.7', 'the peer does not take internationalized addresses or headers (RFC 6531)')

/** One message on its way: which commands it needs and what became of each recipient. */
export class Transaction {
  readonly message: Outgoing
  readonly done: Promise<SendResult>
  mail = ''
  readonly open: { command: string; at: number }[] = []
  ambiguous = false
  #results: (RecipientResult | undefined)[]
  #resolve!: (result: SendResult) => void

  constructor(message: Outgoing, extensions: Extensions) {
    this.message = message
    this.#results = new Array(message.rcptTo.length)
    this.done = new Promise(resolve => {
      this.#resolve = resolve
    })
    this.#prepare(extensions)
  }

  get unsettled(): boolean {
    return this.#results.includes(undefined)
  }

  /** The first verdict on a recipient stays. */
  settle(at: number, reply: Reply, phase: Phase, outcome = outcomeOf(reply, phase)): void {
    const { code, enhanced, text } = reply
    this.#results[at] ??= { address: this.message.rcptTo[at]!, outcome, code, enhanced, reply: text, phase }
  }

  settleRest(reply: Reply, phase: Phase): void {
    for (const at of this.#results.keys()) this.settle(at, reply, phase)
  }

  finish(): void {
    const recipients = this.#results as RecipientResult[]
    this.#resolve(this.ambiguous ? { recipients, ambiguous: true } : { recipients })
  }

  /** Writes the commands, and refuses here what must not or cannot be said to this peer. */
  #prepare({ utf8, eightBit, size: limit }: Extensions): void {
    const { mailFrom, rcptTo, data } = this.message
    const size = Buffer.isBuffer(data) ? data.length : this.message.size
    if (mailFrom !== '' && !isSafeMailbox(mailFrom))
      this.settleRest(refusal(553, '5.1.7', 'the sender address cannot be sent'), 'mail')
    else if (limit !== null && size !== undefined && size > limit)
      this.settleRest(refusal(552, '5.3.4', `larger than the ${limit} bytes the peer takes`), 'mail')
    else if (!utf8 && (this.message.utf8 || isUnicode(mailFrom))) this.settleRest(noSmtputf8, 'mail')
    let needsUtf8 = this.message.utf8 || isUnicode(mailFrom)
    for (const [at, address] of rcptTo.entries()) {
      if (!isSafeMailbox(address)) this.settle(at, refusal(553, '5.1.3', 'the address cannot be sent'), 'rcpt')
      else if (isUnicode(address) && !utf8) this.settle(at, noSmtputf8, 'rcpt')
      if (this.#results[at]) continue
      needsUtf8 ||= isUnicode(address)
      this.open.push({ command: `RCPT TO:<${address}>\r\n`, at })
    }
    this.mail = `MAIL FROM:<${mailFrom}>`
    if (limit !== null && Number.isSafeInteger(size)) this.mail += ` SIZE=${size}`
    if (eightBit && this.message.eightBit) this.mail += ' BODY=8BITMIME'
    if (needsUtf8) this.mail += ' SMTPUTF8'
    this.mail += '\r\n'
  }
}
