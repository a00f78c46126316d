/**
 * What a client of theirs may call the fields of an order. Their document names quantity, message, campaign_type, "sender info", "return
 * address", drops and the QR code, but shows only the first three as JSON: each is read under the names that clients and rivals use. What
 * is read under none of them is named in the answer (`ignored`). Pure functions.
 */
import { type Loose, unwatched } from '../incoming.ts'

/** The first of these names that has a value; null counts as left out. */
const first = (from: Loose, names: readonly string[]): unknown => {
  const name = names.find(each => from[each] !== undefined && from[each] !== null && from[each] !== '')
  return name === undefined ? undefined : from[name]
}

/** Our fields → what they are called, ours first. */
const words: Readonly<Record<string, readonly string[]>> = {
  quantity: ['quantity'],
  message: ['message', 'message_text', 'handwritten_message'],
  design: ['design'],
  headline: ['headline'],
  pen: ['pen'],
  ink: ['ink'],
  html: ['html'],
  pdf: ['pdf'],
  front: ['front'],
  back: ['back'],
  qr_caption: ['qr_caption', 'qr_code_caption'],
  metadata: ['metadata'],
  confirm_literal: ['confirm_literal'],
}

const qrWords = [
  'qr_url',
  'qr_code_url',
  'qrcode_url',
  'qr_link',
  'qr_target_url',
  'qr_code_link',
  'qr_destination_url',
  'qr_code',
]
const sizeWords = ['size', 'card_size', 'postcard_size', 'mail_size']
const dateWords = [
  'send_date',
  'mail_date',
  'mailing_date',
  'drop_date',
  'scheduled_date',
  'schedule_date',
  'scheduled_for',
  'send_at',
]

const addressWords: Readonly<Record<string, readonly string[]>> = {
  name: ['name', 'full_name', 'recipient_name'],
  company: ['company', 'company_name', 'organization', 'business_name'],
  line1: ['line1', 'address_line1', 'address_line_1', 'address1', 'street', 'street1', 'street_address', 'address'],
  line2: ['line2', 'address_line2', 'address_line_2', 'address2', 'street2', 'unit', 'apt', 'suite'],
  city: ['city', 'address_city', 'town'],
  state: ['state', 'address_state', 'province', 'region', 'state_code'],
  zip: ['zip', 'zip_code', 'zipcode', 'postal_code', 'postcode', 'address_zip'],
  country: ['country', 'country_code', 'address_country'],
}

const read = (from: Loose, table: Readonly<Record<string, readonly string[]>>): Loose =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, theirs]) => {
      const value = first(from, theirs)
      return value === undefined ? [] : [[name, value]]
    }),
  )

const isFields = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)

const address = (given: Loose): Loose => {
  const found = read(given, addressWords)
  if (found.name !== undefined) return found
  const name = [given.first_name, given.last_name].filter(part => typeof part === 'string' && part.trim() !== '').join(' ')
  return name ? { name, ...found } : found
}

/** `6x4`, `4 × 6`, `4"x6"` → `4x6`: the shorter side first. Anything else is for the operation to judge. */
const size = (given: unknown): unknown => {
  const [, a, b] = (typeof given === 'string' && /^\s*(\d+)\s*(?:in|")?\s*[x×X]\s*(\d+)\s*(?:in|")?\s*$/.exec(given)) || []
  return a && b ? [Number(a), Number(b)].sort((x, y) => x - y).join('x') : given
}

/** A day, also when it comes with a time. */
const day = (given: unknown): unknown =>
  typeof given === 'string' ? given.trim().replace(/^(\d{4}-\d{2}-\d{2})[T ].*$/, '$1') : given

const drops = (body: Loose): Loose => {
  const given = body.drops
  if (given === undefined || given === null) {
    const date = first(body, dateWords)
    return date === undefined ? {} : { drops: [{ mail_date: day(date) }] }
  }
  if (!Array.isArray(given)) return { drops: given }
  return {
    drops: given.map((drop: unknown) => {
      if (!isFields(drop)) return drop
      const [date, quantity] = [first(drop, ['mail_date', ...dateWords, 'date']), first(drop, ['quantity', 'count'])]
      return { ...(date === undefined ? {} : { mail_date: day(date) }), ...(quantity === undefined ? {} : { quantity }) }
    }),
  }
}

/** Who it is from: a name, or a name with an address, which then is where mail comes back to. */
const sender = (body: Loose): Loose => {
  const given = first(body, ['sender_info', 'sender', 'from'])
  const name = first(body, ['sender_name', 'from_name'])
  const back = first(body, ['return_address', 'sender_address', 'from_address'])
  const info = isFields(given) ? address(given) : {}
  const nested = isFields(given) ? first(given, ['return_address', 'mailing_address']) : undefined
  const inner = isFields(nested) ? address(nested) : undefined
  const named = name ?? (typeof given === 'string' ? given : (info.name ?? (info.line1 === undefined ? info.company : undefined)))
  const place = isFields(back) ? address(back) : (back ?? inner ?? (info.line1 === undefined ? undefined : info))
  return { ...(named === undefined ? {} : { sender_name: named }), ...(place === undefined ? {} : { return_address: place }) }
}

const qr = (body: Loose): Loose => {
  const given = first(body, qrWords)
  if (given === undefined) return {}
  const url = isFields(given) ? first(given, ['url', 'target_url', 'redirect_url']) : given
  return url === undefined ? {} : { qr_url: url }
}

/** Their order as ours takes it, for POST and PATCH. */
export const orderInput = (body: Loose): Loose => {
  const wanted = first(body, sizeWords)
  return {
    ...read(body, words),
    ...(wanted === undefined ? {} : { size: size(wanted) }),
    ...sender(body),
    ...qr(body),
    ...drops(body),
  }
}

/** A list of recipients in the order itself; anything but a list of objects is left unread. */
export const recipients = (body: Loose): Loose[] | undefined => {
  const given = unwatched(body)
  const isList = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isFields)
  const name = ['recipients', 'contacts', 'addresses'].find(each => isList(given[each]))
  return name === undefined ? undefined : body[name]
}

const campaignWords: Readonly<Record<string, string>> = {
  handwritten_card: 'handwritten',
  handwritten_postcard: 'handwritten',
  handwritten_note: 'handwritten',
  'handwritten letter': 'handwritten_letter',
  printed_postcard: 'printed',
  printed_letter: 'letter',
}

/** Their kind of campaign in our words. One that nobody offers is for the operation to refuse. */
export const campaignType = (body: Loose): string | undefined => {
  const given = first(body, ['campaign_type', 'mail_type'])
  if (given === undefined) return undefined
  return typeof given === 'string' ? (campaignWords[given.trim().toLowerCase()] ?? given) : (given as string)
}
