/** A small server that speaks the part of Lob's API (2020-02-11) which the carrier and the address provider use: it keeps what it is given, and can be made to misbehave. */
import { createHmac } from 'node:crypto'
import { type Received, type Sink, startSink } from './http-sink.ts'

export interface LobPiece {
  id: string
  kind: string
  fields: Record<string, string>
  files: Record<string, Buffer>
}

/** What happens to the next submission: it is taken, taken although no answer comes, refused, or turned away. */
export type Mood = 'fine' | 'silent' | 'unprintable' | 'busy' | 'down' | 'hanging'

/** What was asked about an address. */
export type Asked = Record<'recipient' | 'primary_line' | 'secondary_line' | 'city' | 'state' | 'zip_code', string>

export interface LobServer extends Sink {
  pieces: LobPiece[]
  mood: Mood
  /** Every address that was asked about. */
  asked: Asked[]
  /** Its word about an address; `deliverable` unless told otherwise. */
  deliverability(address: Asked): unknown
}

/** `key`: the only one it takes. */
export const startLobServer = async (key: string): Promise<LobServer> => {
  const pieces: LobPiece[] = []
  const keys = new Map<string, string>()
  const json = (status: number, body: object, headers: Record<string, string> = {}) => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const refused = (status: number, message: string, code: string) =>
    json(status, { error: { message, status_code: status, code } })
  const shown = ({ id, fields }: LobPiece) => ({
    id,
    object: 'postcard',
    metadata: { pennypost_piece: fields['metadata[pennypost_piece]'] },
    url: null,
  })

  const submit = async (request: Received, kind: string) => {
    const headers = { 'content-type': request.headers['content-type']! }
    const form = await new Response(new Uint8Array(request.raw), { headers }).formData()
    const known = keys.get(String(request.headers['idempotency-key']))
    if (known) return json(200, shown(pieces.find(piece => piece.id === known)!))
    const piece: LobPiece = { id: `${kind === 'postcards' ? 'psc' : 'ltr'}_${pieces.length + 1}`, kind, fields: {}, files: {} }
    for (const [name, value] of form) {
      if (typeof value === 'string') piece.fields[name] = value
      else piece.files[name] = Buffer.from(await value.arrayBuffer())
    }
    pieces.push(piece)
    keys.set(String(request.headers['idempotency-key']), piece.id)
    return json(200, shown(piece))
  }

  const verification = (address: Asked) => {
    server.asked.push(address)
    return json(200, {
      id: `us_ver_${server.asked.length}`,
      object: 'us_verification',
      deliverability: server.deliverability(address),
    })
  }

  const sink = await startSink(async request => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`${key}:`).toString('base64')}`)
      return refused(401, 'Your API key is not valid.', 'invalid_api_key')
    const { pathname, searchParams } = new URL(request.path, 'http://lob')
    const kind = pathname.split('/').at(-1)!
    if (request.method === 'GET') {
      const wanted = searchParams.get('metadata[pennypost_piece]')
      const found = pieces.filter(piece => piece.kind === kind && piece.fields['metadata[pennypost_piece]'] === wanted)
      return json(200, { data: found.map(shown), object: 'list', count: found.length })
    }
    const mood = server.mood
    server.mood = 'fine'
    if (mood === 'hanging') return new Promise<never>(() => {})
    if (mood === 'busy') return json(429, { error: { message: 'Rate limit exceeded', status_code: 429 } }, { 'retry-after': '1' })
    if (mood === 'down') return refused(503, 'Try later', 'service_unavailable')
    if (kind === 'us_verifications') return verification(JSON.parse(request.raw.toString()))
    if (mood === 'unprintable') return refused(422, 'to.address_zip is not deliverable', 'failed_deliverability_strictness')
    const answer = await submit(request, kind)
    if (mood === 'silent') return refused(500, 'lost on the way', 'internal_server_error')
    return answer
  })
  const server: LobServer = Object.assign(sink, { pieces, mood: 'fine' as Mood, asked: [], deliverability: () => 'deliverable' })
  return server
}

/** A webhook as Lob sends it: the body and its headers. */
export const lobWebhook = (secret: string, id: string, type: string, piece: string, at: Date) => {
  const body = JSON.stringify({
    id,
    body: { id: piece, object: 'postcard' },
    reference_id: piece,
    event_type: { id: type, enabled_for_test: true, resource: 'postcards', object: 'event_type' },
    date_created: at.toISOString(),
    object: 'event',
  })
  const timestamp = String(at.getTime())
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return { body, headers: { 'lob-signature': signature, 'lob-signature-timestamp': timestamp } }
}
