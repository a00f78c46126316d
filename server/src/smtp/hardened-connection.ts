/**
 * smtp-server speaks the protocol; this adds the manners a public port needs: caps per client, an end to clients that only
 * make noise or trickle, and a wait for the greeting that honest clients pay once.
 */
import type { Socket } from 'node:net'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import { type Counter, createCounter } from './connection-counts.ts'
import { replies } from './session.ts'
import type { SmtpLimits } from './session-limits.ts'

/** Clients that have shown they wait for the greeting, and for how long that counts. */
const trustMs = 24 * 3_600_000
const trustMost = 10_000
const sweepMs = 2000
const fullReplies = { client: 'crowded', network: 'crowdedNetwork', full: 'full' } as const

export class MailServer extends SMTPServer {
  readonly limits: SmtpLimits
  readonly #open = new Map<Connection, { socket: Socket; ip: string }>()
  readonly #counter: Counter
  readonly #patient = new Map<string, number>()
  readonly #bySession = new WeakMap<SMTPServerSession, Connection>()
  readonly #sweep: NodeJS.Timeout

  constructor(options: SMTPServerOptions, limits: SmtpLimits) {
    super(options)
    this.limits = limits
    this.#counter = createCounter(limits)
    this.#sweep = setInterval(() => {
      for (const connection of this.#open.keys()) connection.checkPace()
    }, sweepMs).unref()
  }

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const ip = socket.remoteAddress ?? ''
    const full = this.#counter.enter(ip)
    if (full) {
      const [code, text] = replies[fullReplies[full]]
      socket.on('error', () => {})
      socket.end(`${code} ${text}\r\n`)
      socket.destroySoon()
      return
    }
    const connection = new Connection(this, socket, options)
    this.#open.set(connection, { socket, ip })
    this.#bySession.set(connection.session, connection)
    this.connections.add(connection)
    connection.on('error', error => this.emit('error', error))
    connection.init()
  }

  /** Called by smtp-server once for every connection that is gone, whichever way. */
  override onClose(session: SMTPServerSession): void {
    const connection = this.#bySession.get(session)
    const entry = connection && this.#open.get(connection)
    if (!connection || !entry) return
    this.#open.delete(connection)
    this.#counter.leave(entry.ip)
  }

  /** The connection takes a mail in; until the promise ends it is not hung up on. */
  during<T>(session: SMTPServerSession, stream: SMTPServerDataStream, work: Promise<T>): Promise<T> {
    const connection = this.#bySession.get(session)
    connection?.receive(stream)
    return work.finally(() => connection?.receive(undefined))
  }

  /** smtp-server keeps every client waiting 100 ms to catch those that talk before the greeting. Who waited once is not tested again. */
  isPatient(connection: SMTPConnection): boolean {
    return (this.#patient.get(connection.remoteAddress) ?? 0) > performance.now()
  }

  remember(connection: SMTPConnection): void {
    if (this.#patient.size >= trustMost) this.#patient.delete(this.#patient.keys().next().value!)
    this.#patient.set(connection.remoteAddress, performance.now() + trustMs)
  }

  /** Takes no new clients, says goodbye to idle ones, lets mails under way arrive (bounded), then hangs up. */
  async stop(): Promise<void> {
    clearInterval(this.#sweep)
    const closed = new Promise<void>(resolve => this.close(resolve))
    const deadline = performance.now() + this.limits.drainMs
    while (this.#open.size > 0) {
      for (const [connection, { socket }] of this.#open) {
        if (connection.receiving && performance.now() < deadline) continue
        if (connection.dismissed) socket.destroy()
        else connection.dismiss()
      }
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    await closed
  }
}

export class Connection extends SMTPConnection {
  /** The mail that is being received or stored. */
  receiving: SMTPServerDataStream | undefined
  dismissed = false
  readonly #mailServer: MailServer
  readonly #socket: Socket
  #greeted = false
  #since = performance.now()
  #replies = 0
  #faults = 0
  #left: NodeJS.Timeout | undefined

  constructor(server: MailServer, socket: Socket, options?: SMTPConnectionOptions | null) {
    super(server, socket, options)
    this.#mailServer = server
    this.#socket = socket
  }

  override init(): void {
    super.init()
    if (this.#mailServer.isPatient(this)) this.connectionReady()
  }

  override connectionReady(next?: () => void): void {
    if (this.#greeted) return
    this.#greeted = true
    super.connectionReady(next)
  }

  /** Counts replies, and leaves alone the enhanced status codes that our own texts bring along. */
  override send(code: number, data: string | string[], context?: string | false): void {
    const coded = typeof data === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(data)
    super.send(code, data, coded ? false : context)
    if (code === 421) {
      this.#leave()
      return
    }
    if (context === 'DATA_OK') this.#start()
    this.#replies++
    if (code >= 500) this.#faults++
    if (this.#faults >= this.#mailServer.limits.faults) this.send(...replies.faults)
    else if (this.#replies >= this.#mailServer.limits.replies) this.send(...replies.idle)
  }

  /**
   * The library ends our side after a 421 and waits for the client's. A client that does not go keeps its place among the connections
   * of its network, so it is not waited for as long.
   */
  #leave(): void {
    this.#left ??= setTimeout(() => this.#socket.destroy(), this.#mailServer.limits.goodbyeMs).unref()
  }

  /** A mail was taken: the counters begin anew. */
  #start(): void {
    this.#mailServer.remember(this)
    this.#since = performance.now()
    this.#replies = 0
    this.#faults = 0
  }

  /** Says goodbye for the server's own reasons. */
  dismiss(): void {
    this.dismissed = true
    this.send(...replies.closing)
  }

  receive(stream: SMTPServerDataStream | undefined): void {
    this.receiving = stream
  }

  checkPace(): void {
    const { messageBytes, paceMs, bytesPerSecond } = this.#mailServer.limits
    const bytes = this.receiving?.byteLength ?? 0
    if (bytes > 2 * messageBytes) this.send(...replies.endless)
    // A message that is complete and only waits for us is not the client's fault.
    else if (!this.receiving?.writableEnded && performance.now() - this.#since > paceMs + (bytes / bytesPerSecond) * 1000)
      this.send(...replies.slow)
  }
}
