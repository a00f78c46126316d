import { isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { noReply, type Reply, ReplyReader } from './replies.ts'

export type TlsOptions = { ca?: string | Buffer | (string | Buffer)[]; rejectUnauthorized?: boolean }

/**
 * One socket to a mail server: bytes out, replies in, and nothing waits for ever. It counts the replies the peer owes, so an
 * answer to nothing is noticed instead of being taken for the answer to the next command. Once `failure` is set the socket is
 * gone and every further reply is that failure: code 0 or 421, so never final. Nothing here throws or rejects.
 */
export class Channel {
  failure: Reply | null = null
  /** what the peer said without having been asked */
  unasked: Reply | null = null
  #socket: Socket
  #reader = new ReplyReader()
  #arrived: Reply[] = []
  #owed = 0
  #wake: (() => void) | null = null
  #due = 0
  #fires = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#attach(socket)
  }

  /** Sends all parts in one write and notes how many replies they ask for. */
  write(parts: (string | Buffer)[], owed: number): void {
    if (this.failure) return
    this.#owed += owed
    if (parts.length === 1) {
      this.#socket.write(parts[0]!)
      return
    }
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.uncork()
  }

  /** The next reply, or the failure. The deadline is for the whole reply, so one byte a minute does not stretch it. */
  async reply(ms: number): Promise<Reply> {
    if (this.#arrived.length === 0 && !this.failure) await this.#wait(ms, () => this.#arrived.length > 0)
    return this.#arrived.shift() ?? this.failure!
  }

  /** Waits until what was written has gone to the kernel. Called after every piece of content, the deadline sets a lowest speed. */
  async drain(ms: number): Promise<void> {
    if (this.#socket.writableNeedDrain) await this.#wait(ms, () => !this.#socket.writableNeedDrain)
  }

  /** Waits for the TCP connection, and for TLS when the socket was opened with it. */
  async opened(event: 'connect' | 'secureConnect', ms: number): Promise<void> {
    this.#owed++ // the greeting comes unasked
    await this.#happens(event, ms)
  }

  /**
   * Puts TLS over the connection (RFC 3207). Half a reply that came in plain text after the peer agreed is thrown away; a whole
   * one was unasked for and has ended the conversation.
   * `host` is the name sent as SNI and the name the certificate must carry when `rejectUnauthorized` is on.
   */
  async startTls(host: string, options: TlsOptions, ms: number): Promise<void> {
    if (this.failure) return
    const plain = this.#socket
    plain.removeAllListeners('data')
    this.#reader.reset()
    const secured = connectTls({ ...options, socket: plain, host, servername: isIP(host) ? '' : host })
    this.#socket = secured
    this.#attach(secured)
    await this.#happens('secureConnect', ms)
  }

  /** The socket's TLS side, when it has one. */
  get tls(): { protocol: string; cipher: string; verified: boolean } | null {
    if (!('getCipher' in this.#socket)) return null
    const socket = this.#socket as TLSSocket
    return { protocol: socket.getProtocol() ?? '', cipher: socket.getCipher()?.name ?? '', verified: socket.authorized }
  }

  get isLoopback(): boolean {
    return /^(127\.|::1$|::ffff:127\.)/.test(this.#socket.remoteAddress ?? '')
  }

  /** Ends the conversation for a reason of ours. What else the peer may have said is not believed any more. */
  fail(reason: Reply): void {
    this.#arrived = []
    this.#lose(reason)
  }

  /** The conversation ended; what the peer said before still counts. The first reason stays. */
  #lose(reason: Reply): void {
    if (this.failure) return
    this.failure = reason
    clearTimeout(this.#timer)
    this.#socket.destroy()
    this.#wake?.()
  }

  #attach(socket: Socket): void {
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('drain', () => this.#wake?.())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(noReply(`connection failed: ${error.code ?? error.message}`)))
    socket.on('end', () => this.#lose(noReply('the peer closed the connection')))
    socket.on('close', () => this.#lose(noReply('connection closed')))
  }

  #receive(chunk: Buffer): void {
    if (this.failure) return
    for (const reply of this.#reader.push(chunk)) {
      if (this.#owed > 0) {
        this.#owed--
        this.#arrived.push(reply)
      } else {
        this.unasked = reply
        this.#lose(reply.code === 421 ? reply : noReply(`the peer said ${reply.code} unasked`, '4.5.0'))
        return
      }
    }
    if (this.#reader.violation) this.#lose(noReply(`the peer sent ${this.#reader.violation}`, '4.5.0'))
    else if (this.#arrived.length > 0) this.#wake?.()
  }

  async #happens(event: 'connect' | 'secureConnect', ms: number): Promise<void> {
    let happened = false
    this.#socket.once(event, () => {
      happened = true
      this.#wake?.()
    })
    await this.#wait(ms, () => happened)
  }

  /** Sleeps until the condition holds, the channel failed, or the time is over, which fails it. One waiter at a time. */
  async #wait(ms: number, condition: () => boolean): Promise<void> {
    this.#arm(performance.now() + ms)
    while (!this.failure && !condition()) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    this.#wake = null
    this.#due = 0
  }

  /** The timer is left running between waits: setting and clearing one for each reply costs more than reading the reply. */
  #arm(due: number): void {
    this.#due = due
    if (this.#fires <= due) return
    clearTimeout(this.#timer)
    this.#fires = due
    this.#timer = setTimeout(() => this.#tick(), due - performance.now())
  }

  #tick(): void {
    this.#fires = Infinity
    if (this.#due === 0 || this.failure) return
    if (this.#due <= performance.now()) this.#lose(noReply('no answer in time'))
    else this.#arm(this.#due)
  }
}
