import type { Channel } from './channel.ts'
import { noReply, type Reply } from './replies.ts'
import { classOf, type Extensions, type Outgoing, type SendResult, Transaction } from './transaction.ts'
import { DataEncoder } from './wire.ts'

/** Milliseconds the peer has for each step. */
export type Timeouts = {
  connect: number
  greeting: number
  command: number
  tls: number
  dataInit: number
  dataBlock: number
  dataEnd: number
  quit: number
}

/** RFC 5321 4.5.3.2; TCP, TLS and QUIT, of which it says nothing, get what a person would wait. */
export const rfc5321Timeouts: Timeouts = {
  connect: 30_000,
  greeting: 300_000,
  command: 300_000,
  tls: 60_000,
  dataInit: 120_000,
  dataBlock: 180_000,
  dataEnd: 600_000,
  quit: 5_000,
}

// up to here a message goes out in one write, with the next envelope behind it; beyond, piece by piece with a deadline for each
const oneWrite = 262_144
const piece = 65_536

/** The peer takes nothing more after this reply. */
const isLast = (reply: Reply) => reply.code === 0 || reply.code === 421

type Step = 'content' | 'over'

/**
 * An open SMTP session. Messages given to `send` while another is under way wait in line, and the next one's envelope travels
 * behind the final dot of the one before (RFC 2920 3.1), so a busy connection needs one round trip per message.
 * Nothing here rejects: what became of each recipient is the result. When `usable` is false, open another connection.
 */
export class SmtpConnection {
  readonly extensions: Extensions
  readonly tls: Channel['tls']
  #channel: Channel
  #timeouts: Timeouts
  #waiting: Transaction[] = []
  #running: Promise<void> | null = null
  #transactionOpen = false
  #leaving = false

  constructor(channel: Channel, extensions: Extensions, timeouts: Timeouts) {
    this.#channel = channel
    this.#timeouts = timeouts
    this.extensions = extensions
    this.tls = channel.tls
  }

  get usable(): boolean {
    return !this.#leaving && !this.#channel.failure
  }

  /** Sends one message to all its recipients. Resolves when the peer has answered the final dot, or cannot any more. */
  send(message: Outgoing): Promise<SendResult> {
    const transaction = new Transaction(message, this.extensions)
    if (this.#leaving) transaction.settleRest(noReply('the connection is being closed'), 'mail')
    if (!transaction.unsettled) transaction.finish()
    else {
      this.#waiting.push(transaction)
      this.#running ??= this.#run()
    }
    return transaction.done
  }

  /** Says goodbye after the messages in line; resolves when the socket is closed. */
  async quit(): Promise<void> {
    this.#leaving = true
    await this.#running
    this.#channel.write(['QUIT\r\n'], 1)
    await this.#channel.reply(this.#timeouts.quit)
    this.close()
  }

  /** Drops the connection now. Messages under way come back deferred, ambiguous if their final dot was out. */
  close(): void {
    this.#leaving = true
    this.#channel.fail(noReply('we closed the connection'))
  }

  async #run(): Promise<void> {
    let current = this.#waiting.shift()
    let announced = false
    while (current) {
      const following: Transaction | undefined = await this.#converse(current, announced)
      current.finish()
      announced = following !== undefined
      current = following ?? this.#waiting.shift()
    }
    this.#running = null
  }

  /** One transaction; returns the one whose envelope is out already. A fault of ours ends the connection, and the mails come back. */
  async #converse(current: Transaction, announced: boolean): Promise<Transaction | undefined> {
    try {
      return (await this.#envelope(current, announced)) === 'content' ? await this.#content(current) : undefined
    } catch (error) {
      this.#channel.fail(noReply(`our side failed: ${error instanceof Error ? error.message : error}`, '4.3.0'))
      current.settleRest(this.#channel.failure!, 'data')
      return undefined
    }
  }

  /** MAIL, RCPT and DATA; the first of them may be RSET, after a transaction that stopped half way. */
  async #envelope(transaction: Transaction, announced: boolean): Promise<Step> {
    if (this.extensions.pipelining && !announced) this.#announce(transaction, [])
    if (this.#transactionOpen && !(await this.#reset(transaction))) return 'over'
    const mail = await this.#ask(transaction.mail, 'MAIL FROM', this.#timeouts.command)
    transaction.message.onProgress?.()
    this.#transactionOpen = classOf(mail) === 2
    if (!this.#transactionOpen) transaction.settleRest(mail, 'mail')
    if (isLast(mail) || (!this.#transactionOpen && !this.extensions.pipelining)) return 'over'
    const accepted = await this.#recipients(transaction)
    if (accepted === null || (!transaction.unsettled && !this.extensions.pipelining)) return 'over'
    const data = await this.#ask('DATA\r\n', 'DATA', this.#timeouts.dataInit)
    transaction.message.onProgress?.()
    if (data.code !== 354) {
      transaction.settleRest(data, 'data')
      return 'over'
    }
    this.#transactionOpen = false
    if (transaction.unsettled) return 'content'
    await this.#emptyContent(accepted)
    return 'over'
  }

  /** Asks about every recipient; returns whether the peer accepted one, whatever it had said to MAIL, or null when it is gone. */
  async #recipients(transaction: Transaction): Promise<boolean | null> {
    let accepted = false
    for (const { command, at } of transaction.open) {
      const reply = await this.#ask(command, 'RCPT TO', this.#timeouts.command)
      transaction.message.onProgress?.()
      if (isLast(reply)) {
        transaction.settleRest(reply, 'rcpt')
        return null
      }
      // 552 behind an accepted recipient is an old server's "too many recipients" (RFC 5321 4.5.3.1.10)
      const tooMany = accepted && reply.code === 552 && reply.enhanced !== '5.2.2'
      if (classOf(reply) !== 2) transaction.settle(at, reply, 'rcpt', tooMany ? 'deferred' : undefined)
      else accepted = true
    }
    return accepted
  }

  /** The peer wants content though nobody is left to get it: end it at once (RFC 2920 3.1). */
  async #emptyContent(accepted: boolean): Promise<void> {
    // it refused MAIL and took a recipient all the same: a dot might deliver an empty message to somebody
    if (accepted) return this.#channel.fail(noReply('the peer refused the sender and went on', '4.5.0'))
    this.#channel.write(['.\r\n'], 1)
    await this.#answer('the final dot', this.#timeouts.dataEnd)
  }

  async #reset(transaction: Transaction): Promise<boolean> {
    const reply = await this.#ask('RSET\r\n', 'RSET', this.#timeouts.command)
    this.#transactionOpen = false
    if (classOf(reply) === 2) return true
    this.#channel.fail(isLast(reply) ? reply : noReply(`the peer answered ${reply.code} to RSET`, '4.5.0'))
    transaction.settleRest(this.#channel.failure!, 'mail')
    return false
  }

  /** Sends the content and, behind its final dot, the envelope of the next message in line, which is returned. */
  async #content(transaction: Transaction): Promise<Transaction | undefined> {
    const encoder = new DataEncoder()
    const { data } = transaction.message
    const parts: (string | Buffer)[] = []
    if (Buffer.isBuffer(data) && data.length <= oneWrite) parts.push(encoder.push(data))
    else await this.#pieces(encoder, transaction)
    if (this.#channel.failure) {
      // a peer that refuses in the middle of the content means this message
      const { unasked, failure } = this.#channel
      transaction.settleRest(unasked && classOf(unasked) >= 4 ? unasked : failure, 'data')
      return undefined
    }
    parts.push(encoder.end())
    const following = this.extensions.pipelining ? this.#waiting.shift() : undefined
    this.#announce(following, parts)
    const reply = await this.#answer('the final dot', this.#timeouts.dataEnd)
    transaction.ambiguous = reply.code === 0
    transaction.settleRest(reply, 'end')
    return following
  }

  /** Long content, one piece in memory at a time; stops when the connection or the source breaks off. */
  async #pieces(encoder: DataEncoder, { message: { data, onProgress } }: Transaction): Promise<void> {
    try {
      for await (const chunk of Buffer.isBuffer(data) ? slices(data) : data) {
        onProgress?.()
        this.#channel.write([encoder.push(chunk)], 0)
        await this.#channel.drain(this.#timeouts.dataBlock)
        if (this.#channel.failure) return
      }
    } catch (error) {
      // without the final dot the peer must forget what it got
      this.#channel.fail(noReply(`the message could not be read: ${error instanceof Error ? error.message : error}`, '4.3.0'))
    }
  }

  /** Writes, in one go, what ends the message before and a whole envelope. */
  #announce(transaction: Transaction | undefined, parts: (string | Buffer)[]): void {
    let owed = parts.length > 0 ? 1 : 0
    if (transaction) {
      const reset = this.#transactionOpen ? 'RSET\r\n' : ''
      parts.push(`${reset}${transaction.mail}${transaction.open.map(rcpt => rcpt.command).join('')}DATA\r\n`)
      owed += transaction.open.length + (reset ? 3 : 2)
    }
    this.#channel.write(parts, owed)
  }

  /** One command and its reply; with PIPELINING the command is on the wire already. */
  #ask(command: string, name: string, ms: number): Promise<Reply> {
    if (!this.extensions.pipelining) this.#channel.write([command], 1)
    return this.#answer(name, ms)
  }

  /** A reply that makes sense here; anything else ends the connection, since nobody knows what the peer would answer next. */
  async #answer(name: string, ms: number): Promise<Reply> {
    const reply = await this.#channel.reply(ms)
    const expected = classOf(reply) >= 4 || (name === 'DATA' ? reply.code === 354 : classOf(reply) === 2)
    if (reply.code === 421) this.#channel.fail(reply)
    else if (reply.code !== 0 && !expected) this.#channel.fail(noReply(`the peer answered ${reply.code} to ${name}`, '4.5.0'))
    return reply.code !== 0 && !expected ? this.#channel.failure! : reply
  }
}

function* slices(data: Buffer): Generator<Buffer> {
  for (let from = 0; from < data.length; from += piece) yield data.subarray(from, from + piece)
}
