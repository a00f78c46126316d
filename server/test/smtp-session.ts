/** One SMTP session between our client and a peer of the test's making, and short words for what is sent over it. */
import assert from 'node:assert/strict'
import { connect, type Outgoing, type SendResult, type SmtpConnection, type Timeouts } from '../src/email/smtp-client/connect.ts'
import { type PeerOptions, type PeerSession, startPeer } from './smtp-peer.ts'

export type Session = { connection: SmtpConnection; session: PeerSession }

/** A connected pair for one test; everything is closed whatever happens in it. */
export async function withSession(
  options: PeerOptions,
  run: (session: Session) => Promise<void>,
  timeouts: Partial<Timeouts> = {},
): Promise<void> {
  const peer = await startPeer(options)
  const opened = await connect({ host: '127.0.0.1', port: peer.port, localName: 'us.example', tls: 'none', timeouts })
  try {
    assert.ok(opened.kind === 'connected', JSON.stringify(opened))
    await run({ connection: opened.connection, session: peer.sessions[0]! })
  } finally {
    if (opened.kind === 'connected') opened.connection.close()
    await peer.stop()
  }
}

export const plain = { extensions: ['8BITMIME'] }
export const data = Buffer.from('Subject: x\r\n\r\nhello\r\n')
export const mail = (changed: Partial<Outgoing> = {}): Outgoing => ({
  mailFrom: 'ann@example.com',
  rcptTo: ['bob@example.net'],
  data,
  ...changed,
})
export const to = (...names: string[]) => mail({ rcptTo: names.map(name => `${name}@example.net`) })
/** `outcome code phase` for each recipient. */
export const short = ({ recipients }: SendResult) => recipients.map(({ outcome, code, phase }) => `${outcome} ${code} ${phase}`)
/** Answers given commands, by their beginning. */
export const answering = (answers: Record<string, string>, more: PeerOptions = {}): PeerOptions => ({
  ...more,
  answer: command => Object.entries(answers).find(([start]) => command.startsWith(start))?.[1],
})
/** Says nothing more from the first such command on. */
export const silentFrom = (start: string): PeerOptions => ({
  answer: (_, { commands }) => (commands.some(command => command.startsWith(start)) ? '' : undefined),
})
