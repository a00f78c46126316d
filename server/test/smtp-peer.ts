/**
 * A real SMTP server on loopback that a test makes as rude as it likes: each command's answer can be replaced by any bytes,
 * silence or a cut connection. What it was told is kept exactly.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export interface PeerOptions {
  /** What the peer says first. */
  greeting?: string
  /** Lines of its EHLO reply after the first. */
  extensions?: string[]
  /** STARTTLS is offered and works when this is given. */
  tls?: { key: string; cert: string }
  /**
   * The answer to a command, CRLF included, or to a message's end (command '.'). Undefined: the usual answer; '': none.
   * Destroying or writing to `session.socket` is the test's right.
   */
  answer?: (command: string, session: PeerSession) => string | undefined
}

export interface PeerSession {
  socket: Socket
  /** Commands in order, without CRLF; '.' for the end of a message. */
  commands: string[]
  /** Message contents as they came, dots still stuffed, without the final dot. */
  contents: string[]
  /** How the bytes were cut into segments on arrival. */
  segments: string[]
  encrypted: boolean
}

export interface SmtpPeer {
  port: number
  /** One per connection. */
  sessions: PeerSession[]
  stop(): Promise<void>
}

const usual: Record<string, string> = {
  DATA: '354 go on\r\n',
  '.': '250 2.0.0 taken\r\n',
  QUIT: '221 2.0.0 bye\r\n',
  STARTTLS: '220 2.0.0 ready\r\n',
}

export const startPeer = async (options: PeerOptions = {}): Promise<SmtpPeer> => {
  const sessions: PeerSession[] = []
  const server: Server = createServer(socket => {
    const session: PeerSession = { socket, commands: [], contents: [], segments: [], encrypted: false }
    sessions.push(session)
    socket.setNoDelay(true)
    socket.write(options.greeting ?? '220 peer.example ESMTP\r\n')
    converse(session, options)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    stop: async () => {
      for (const { socket } of sessions) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const converse = (session: PeerSession, options: PeerOptions): void => {
  let rest = ''
  let inContent = false
  const reply = (command: string): string => {
    const own = options.answer?.(command, session)
    if (own !== undefined) return own
    if (command.startsWith('EHLO')) return hello(options, session.encrypted)
    return usual[command] ?? '250 2.0.0 ok\r\n'
  }
  const receive = (chunk: Buffer) => {
    session.segments.push(chunk.toString('latin1'))
    rest += chunk.toString('latin1')
    let answers = ''
    for (;;) {
      const end = inContent ? /(^|\r\n)\.\r\n/.exec(rest) : /\r\n/.exec(rest)
      if (!end) break
      const command = inContent ? '.' : rest.slice(0, end.index)
      if (inContent) session.contents.push(rest.slice(0, end.index + end[1]!.length))
      rest = rest.slice(end.index + end[0].length)
      session.commands.push(command)
      const answer = reply(command)
      answers += answer
      inContent = command === 'DATA' && answer.startsWith('354')
      if (command === 'STARTTLS' && answer.startsWith('220')) {
        session.socket.write(answers)
        return encrypt()
      }
    }
    if (answers && !session.socket.destroyed) session.socket.write(answers)
  }
  const encrypt = () => {
    if (!options.tls) return
    session.socket.removeAllListeners('data')
    rest = ''
    session.socket = new TLSSocket(session.socket, { isServer: true, ...options.tls })
    session.encrypted = true
    listen()
  }
  const listen = () => {
    session.socket.on('data', receive)
    session.socket.on('error', () => session.socket.destroy())
  }
  listen()
}

const hello = (
  { extensions = ['PIPELINING', '8BITMIME', 'SIZE 1000000', 'SMTPUTF8'], tls }: PeerOptions,
  encrypted: boolean,
): string => {
  const lines = ['peer.example', ...extensions, ...(tls && !encrypted ? ['STARTTLS'] : [])]
  return lines.map((line, at) => `250${at < lines.length - 1 ? '-' : ' '}${line}\r\n`).join('')
}
