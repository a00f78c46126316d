/**
 * The SMTP server: mail in, for mailboxes that exist here, and nothing else (an MX, no submission, no relay).
 * smtp-server does the protocol, session.ts decides, keep.ts makes durable. 250 after the final dot means committed.
 */
import { join } from 'node:path'
import type { SMTPServerAddress, SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import { createDirectory } from '../email/inbound/rcpt.ts'
import { createKeep } from '../email/inbound/spool.ts'
import { normalizeNewlines } from '../email/mime/newlines.ts'
import type { App } from '../platform.ts'
import { readBody } from './body.ts'
import { loadCertificate } from './certificate.ts'
import { MailServer } from './hardened-connection.ts'
import { checkSender, hopsOf, type RecipientRules, Refusal, takeRecipient, traceFields } from './session.ts'
import { type SmtpLimits, smtpLimits } from './session-limits.ts'

/** Extensions of smtp-server that only an internal hop needs, and its jokes. */
const notSpoken = ['AUTH', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL', 'HELP']

type Answer = (error?: Error | null) => void

/** Listens on HOST:SMTP_PORT. `close` takes no new mail, lets what is arriving arrive and waits until it is durable. */
export const startSmtp = async (app: App, limits: SmtpLimits = smtpLimits): Promise<{ port: number; close(): Promise<void> }> => {
  const { config } = app
  const keep = createKeep(app)
  const rules: RecipientRules = { mailDomain: config.MAIL_DOMAIN, masterKey: app.masterKey, ownerOf: createDirectory(app) }

  /** Turns what went wrong into a reply, and counts it. */
  const refuse = (error: unknown): Refusal => {
    if (error instanceof Refusal) {
      app.metrics.received.inc({ outcome: error.reason })
      return error
    }
    app.log.error({ error: error instanceof Error ? error.message : String(error) }, 'mail not taken')
    app.metrics.received.inc({ outcome: 'unavailable' })
    return new Refusal('unavailable')
  }

  const onMailFrom = (sender: SMTPServerAddress, { envelope }: SMTPServerSession, answer: Answer): void => {
    try {
      checkSender(sender.address, envelope.smtpUtf8 === true)
      answer()
    } catch (error) {
      answer(refuse(error))
    }
  }

  const onRcptTo = (recipient: SMTPServerAddress, { envelope }: SMTPServerSession, answer: Answer): void => {
    takeRecipient(rules, recipient.address, envelope.smtpUtf8 === true).then(
      address => {
        // The form we looked up is the form we keep; the library only compares and counts it.
        recipient.address = address
        answer()
      },
      error => answer(refuse(error)),
    )
  }

  /** DATA, from the first byte to durable. Oversized mail is answered by the library (552) and not kept. */
  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const { mailFrom, rcptTo } = session.envelope
    const trace = {
      mailFrom: mailFrom ? mailFrom.address : '',
      clientName: session.hostNameAppearsAs,
      clientIp: session.remoteAddress,
      ourName: config.MAIL_HOST,
      protocol: session.transmissionType,
      id: `${session.id}.${session.transaction}`,
      at: app.clock.now(),
    }
    const body = await readBody(stream, join(config.DATA_DIR, 'incoming'))
    try {
      if (stream.sizeExceeded) return app.metrics.received.inc({ outcome: 'too_large' })
      await keep({
        mailFrom: trace.mailFrom,
        recipients: [...new Set(rcptTo.map(recipient => recipient.address))],
        clientIp: trace.clientIp,
        clientName: trace.clientName,
        tls: session.secure,
        size: body.size,
        read: async () => {
          const mail = normalizeNewlines(await body.read())
          if (hopsOf(mail) > limits.hops) throw new Refusal('loop')
          return Buffer.concat([Buffer.from(traceFields(trace)), mail])
        },
      })
      app.metrics.received.inc({ outcome: 'stored' })
    } finally {
      await body.close()
    }
  }

  const options: SMTPServerOptions = {
    ...(await loadCertificate(config, app.clock.now())),
    name: config.MAIL_HOST,
    banner: 'Pennypost',
    heloResponse: '%s',
    logger: false,
    disabledCommands: notSpoken,
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    size: limits.messageBytes,
    rejectOversized: true,
    // Real senders have addresses such as a..b@ or a.@; we only look addresses up, so their syntax is not ours to judge.
    lenientAddressParsing: true,
    maxRecipients: limits.recipients,
    maxCommandLength: limits.commandBytes,
    socketTimeout: limits.idleMs,
    onMailFrom,
    onRcptTo,
    onData: (stream, session, answer) => {
      server.during(session, stream, receive(stream, session)).then(
        () => answer(),
        error => answer(refuse(error)),
      )
    },
  }
  const server = new MailServer(options, limits)
  server.on('error', error => app.log.debug({ error: error.message }, 'smtp connection'))
  const port = await listen(server, config.SMTP_PORT, config.HOST)
  return {
    port,
    close: async () => {
      await server.stop()
      await keep.drain()
    },
  }
}

const listen = (server: MailServer, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, () => {
      server.server.off('error', reject)
      resolve((server.server.address() as { port: number }).port)
    })
  })
