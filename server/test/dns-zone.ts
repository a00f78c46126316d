/**
 * A real DNS server on loopback (RFC 1035, UDP and TCP on one port) for tests: it answers from a table that a test may
 * change while it runs, counts what it is asked, and can fail in every way a name server fails.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** TIMEOUT never answers. */
export type Failure = 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'TIMEOUT'
type Answers<T> = T[] | Failure
type Given<T> = Answers<T> | (() => Answers<T>)

/** What one name has. A function is asked anew for each query. `ttl` is in seconds, 0 when absent, and for all its records. */
export interface Name {
  A?: Given<string>
  AAAA?: Given<string>
  MX?: Given<{ exchange: string; priority: number }>
  /** One string per record; it goes over the wire in pieces of 255 bytes. */
  TXT?: Given<string>
  CNAME?: Given<string>
  NS?: Given<string>
  PTR?: Given<string>
  ttl?: number
}
type Type = Exclude<keyof Name, 'ttl'>

/** Names in lower case without the final dot. What is not here is NXDOMAIN; a type that a name does not have is NODATA. */
export type Records = Record<string, Name | Failure>

/** Answers for rebinding tests: each query gets the next one, and the last one stays. */
export const sequence = <T>(...answers: Answers<T>[]): (() => Answers<T>) => {
  let next = 0
  return () => answers[Math.min(next++, answers.length - 1)]!
}

export interface Zone {
  /** `127.0.0.1:port`, as the resolver takes it. */
  server: string
  /** Replaces all records. */
  set(records: Records): void
  /** Every query that arrived, in order; a truncated UDP answer is asked again over TCP. */
  queries: { name: string; type: string; over: 'udp' | 'tcp' }[]
  stop(): Promise<void>
}

export const startZone = async (records: Records): Promise<Zone> => {
  const queries: Zone['queries'] = []
  let zone = records
  const answer = (message: Buffer, over: 'udp' | 'tcp'): Buffer | undefined => {
    const question = readQuestion(message)
    queries.push({ name: question.name, type: question.type, over })
    return respond(message, question, zone, over === 'udp' ? 512 : 65_535)
  }
  const { tcp, udp, port } = await listenOnOnePort()
  udp.on('message', (message, from) => {
    const reply = answer(message, 'udp')
    if (reply) udp.send(reply, from.port, from.address)
  })
  const open = new Set<Socket>()
  tcp.on('connection', socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    serveTcp(socket, message => answer(message, 'tcp'))
  })
  return {
    server: `127.0.0.1:${port}`,
    set: next => {
      zone = next
    },
    queries,
    stop: async () => {
      for (const socket of open) socket.destroy()
      await Promise.all([new Promise<void>(done => udp.close(done)), new Promise(done => tcp.close(done))])
    },
  }
}

/** The port that TCP was given may be taken for UDP; then another pair is tried. */
const listenOnOnePort = async (): Promise<{ tcp: Server; udp: UdpSocket; port: number }> => {
  const tcp = createServer().listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  try {
    udp.bind(port, '127.0.0.1')
    await once(udp, 'listening')
    return { tcp, udp, port }
  } catch {
    tcp.close()
    udp.close()
    return listenOnOnePort()
  }
}

/** Over TCP every message has its length before it (RFC 1035 §4.2.2) and may come in any pieces. */
const serveTcp = (socket: Socket, answer: (message: Buffer) => Buffer | undefined): void => {
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
      const end = 2 + pending.readUInt16BE()
      const reply = answer(pending.subarray(2, end))
      pending = pending.subarray(end)
      if (reply) socket.write(Buffer.concat([uint16(reply.length), reply]))
    }
  })
}

const typeNumbers: Record<Type, number> = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 }
const responseCodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 }

interface Question {
  name: string
  type: string
  /** Where the question section ends. */
  end: number
}

const readQuestion = (message: Buffer): Question => {
  const labels: string[] = []
  let at = 12
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const number = message.readUInt16BE(at + 1)
  const type = Object.entries(typeNumbers).find(([, known]) => known === number)?.[0] ?? `TYPE${number}`
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 }
}

const respond = (message: Buffer, question: Question, zone: Records, limit: number): Buffer | undefined => {
  const found = find(zone, question.name, question.type)
  if (found.code === 'TIMEOUT') return undefined
  const reply = (flags: number, answers: Buffer[]): Buffer => {
    const header = Buffer.alloc(12)
    message.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8580 | flags | responseCodes[found.code as keyof typeof responseCodes], 2) // response, authoritative, recursive
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(answers.length, 6)
    return Buffer.concat([header, message.subarray(12, question.end), ...answers])
  }
  const whole = reply(0, found.answers)
  return whole.length <= limit ? whole : reply(0x0200, []) // truncated: ask again over TCP
}

type Found = { code: Failure | 'NOERROR'; answers: Buffer[] }

/** What the zone says; an alias is followed inside the zone and both are answered, as a recursive server does. */
const find = (zone: Records, name: string, type: string, depth = 0): Found => {
  const has = zone[name]
  if (has === undefined) return { code: 'NXDOMAIN', answers: [] }
  if (typeof has === 'string') return { code: has, answers: [] }
  const wanted = has.CNAME && type !== 'CNAME' ? 'CNAME' : type
  const given = has[wanted as Type]
  const records = typeof given === 'function' ? given() : (given ?? [])
  if (typeof records === 'string') return { code: records, answers: [] }
  const answers = records.map(value => record(name, wanted as Type, has.ttl ?? 0, value))
  if (wanted === type || depth > 8) return { code: 'NOERROR', answers }
  const target = find(zone, String(records[0]), type, depth + 1)
  return { code: target.code, answers: [...answers, ...target.answers] }
}

const record = (name: string, type: Type, ttl: number, value: string | { exchange: string; priority: number }): Buffer => {
  const data = typeof value === 'string' ? encode[type as Exclude<Type, 'MX'>](value) : encodeMx(value)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(typeNumbers[type], 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([domain(name), fixed, data])
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])

const domain = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ])

const encodeMx = ({ exchange, priority }: { exchange: string; priority: number }): Buffer =>
  Buffer.concat([uint16(priority), domain(exchange)])

const encode: Record<Exclude<Type, 'MX'>, (value: string) => Buffer> = {
  A: value => Buffer.from(value.split('.').map(Number)),
  AAAA: value => ipv6(value),
  CNAME: domain,
  NS: domain,
  PTR: domain,
  TXT: value => {
    const bytes = Buffer.from(value)
    const pieces = Array.from({ length: Math.max(1, Math.ceil(bytes.length / 255)) }, (_, i) =>
      bytes.subarray(i * 255, i * 255 + 255),
    )
    return Buffer.concat(pieces.flatMap(piece => [Buffer.from([piece.length]), piece]))
  },
}

/** The 16 bytes of an address; the URL parser reduces every spelling to hexadecimal groups and one `::`. */
const ipv6 = (text: string): Buffer => {
  const [head = '', tail = ''] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => part.split(':').filter(Boolean)
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0')
  return Buffer.concat([...groups(head), ...zeros, ...groups(tail)].map(group => uint16(Number.parseInt(group, 16))))
}
