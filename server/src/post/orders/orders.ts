/**
 * Orders: many pieces with one message. draft → quoted (→ held, until approved) → paid → in_production → mailed → completed, or cancelled. A draft may be changed
 * and is quoted anew afterwards; money, list and pieces come with checkout.ts, and from then on an order follows its drops.
 */
import Type, { type Static } from 'typebox'
import { withdraw } from '../../approvals/hold.ts'
import { dateInput, readDate } from '../../email/messages/messages.ts'
import type { StagedBlob } from '../../kernel/blobs.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import { NumberedPage, numbered, numbers, page, pageOf } from '../../kernel/pages.ts'
import { type Context, object, oneOf, operation } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { Address, readAddress } from '../addresses/postal-addresses.ts'
import { readPlan } from '../drops/drop-plan.ts'
import { release } from '../money/ledger.ts'
import { letterSizes, postcardSizes } from '../money/prices.ts'
import { blobsOf, type Keep, type StoredCreative } from '../pieces/creative.ts'
import { readSources } from '../pieces/creative-sources.ts'
import { checkQr } from '../pieces/new-piece.ts'
import { Metadata } from '../pieces/piece-view.ts'
import { movePieces } from '../pieces/transitions.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import {
  type CampaignType,
  type CreativeInput,
  campaignOf,
  campaigns,
  type Draft,
  designOf,
  draftWith,
  messageOf,
  orderCreative,
} from './order-creative.ts'
import { findOrder, Order, orderStatuses, recordOrder, showOrder, toOrders } from './order-view.ts'
import * as store from './orders.sql.ts'

/** As many as a list may have. */
const mostPieces = 200_000

const fields = {
  size: Type.Optional(oneOf([...postcardSizes, ...letterSizes], 'Inches, or us_letter. Default 4x6 or us_letter.')),
  sender_name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 60, description: 'Who it is from; {{sender_name}} in the message.' }),
  ),
  return_address: Type.Optional(
    Type.Object(Address.properties, { additionalProperties: false, description: 'Without a name it bears the sender’s.' }),
  ),
  qr_url: Type.Optional(
    Type.Union([Type.String({ maxLength: 2000 }), Type.Null()], {
      description: 'Each piece bears a QR code of its own that leads here; scans are counted. null: none.',
    }),
  ),
  qr_caption: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: 'Words beside the code.' })),
  drops: Type.Optional(
    Type.Array(
      object({
        mail_date: Type.String({ maxLength: 40, examples: ['2026-12-24'] }),
        quantity: Type.Optional(
          Type.Integer({ minimum: 1, maximum: mostPieces, description: 'Left out: what the others leave.' }),
        ),
      }),
      { maxItems: 60, description: 'Batches by date. Default: one, on the next day.' },
    ),
  ),
  metadata: Type.Optional(Metadata),
  ...orderCreative,
}

const Quantity = Type.Integer({ minimum: 1, maximum: mostPieces })
const CampaignTypes = oneOf(
  Object.keys(campaigns) as CampaignType[],
  Object.entries(campaigns)
    .map(([name, { says }]) => `${name}: ${says}`)
    .join(' '),
)
const Changes = Type.Object(fields)

/** Puts what was given over what stands. `keep` stores artwork. Throws invalid_input. */
const apply = async (
  now: Date,
  before: store.OrderFields,
  input: Static<typeof Changes>,
  keep: Keep,
): Promise<store.OrderFields> => {
  const type = before.campaign_type as CampaignType
  const size = input.size ?? before.size
  const { sizes } = campaignOf(type)
  if (!sizes.includes(size as never))
    throw invalid({ path: '/size', message: `is not one of a ${type.replace('_', ' ')} campaign: ${sizes.join(', ')}` })
  const after: store.OrderFields = {
    ...before,
    size,
    sender_name: input.sender_name ?? before.sender_name,
    return_address: input.return_address ?? before.return_address,
    qr_url: input.qr_url === undefined ? before.qr_url : input.qr_url,
    metadata: input.metadata ?? before.metadata,
    drop_plan: input.drops ? readPlan(now, input.drops) : before.drop_plan,
  }
  if (input.qr_url) checkQr(input.qr_url)
  if (input.return_address) {
    const { errors } = readAddress({ ...input.return_address, name: input.return_address.name ?? 'Sender' }, '/return_address')
    if (errors.length > 0) throw invalid(...errors)
  }
  const caption = input.qr_caption ? { qr_caption: input.qr_caption } : {}
  const { confirm_literal, ...drawn }: Draft = {
    ...(await draftWith(type, before.creative ?? {}, input as CreativeInput, keep)),
    ...caption,
  }
  // What was confirmed were the words that stood then.
  const confirmed = input.confirm_literal ?? (saysNew(input) ? false : confirm_literal === true)
  const creative: Draft = { ...drawn, ...(confirmed ? { confirm_literal: true as const } : {}) }
  return { ...after, creative, message: messageOf(creative), design: designOf(creative) }
}

/** Whether a request changes what is printed. */
const saysNew = (input: object): boolean => [...Object.keys(orderCreative), 'qr_caption', 'qr_url'].some(name => name in input)

/** Artwork on its way into the blob store, and the way there. */
const staging = (ctx: Context): { staged: StagedBlob[]; keep: Keep } => {
  const staged: StagedBlob[] = []
  const keep: Keep = async bytes => {
    const blob = await ctx.app.blobs.stage(bytes)
    staged.push(blob)
    return blob.id
  }
  return { staged, keep }
}

export const createOrder = operation(
  'Create an order',
  'orders.create',
  {
    input: object({ quantity: Quantity, campaign_type: Type.Optional(CampaignTypes), ...fields }),
    output: Order,
  },
  async (ctx, input) => {
    const now = await nowFor(ctx.app, ctx.db, ctx.org, ctx.livemode)
    const campaign_type = input.campaign_type ?? 'handwritten'
    const { staged, keep } = staging(ctx)
    const empty: store.OrderFields = {
      campaign_type,
      size: campaignOf(campaign_type).sizes[0]!,
      design: null,
      quantity: input.quantity,
      message: null,
      sender_name: null,
      return_address: null,
      qr_url: null,
      creative: null,
      metadata: {},
      drop_plan: [],
    }
    const sources = await readSources(ctx.app, campaignOf(campaign_type).kind, input)
    const order = await apply(now, empty, sources, keep)
    const id = newId()
    return ctx.db.tx(async db => {
      await ctx.app.blobs.insert(db, ctx.org, staged)
      await store.insert(db, ctx.org, ctx.livemode, id, order, now)
      await recordOrder({ ...ctx, db }, id, 'order.created')
      return showOrder({ ...ctx, db }, publicId('order', id))
    })
  },
)

export const listOrders = operation(
  'List orders',
  'orders.read',
  {
    input: object({
      ...numbered,
      status: Type.Optional(oneOf(orderStatuses)),
      metadata: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: 'metadata[key]=value; all pairs must match.' }),
      ),
      created_after: dateInput('Only later ones.'),
      created_before: dateInput('Only earlier ones.'),
    }),
    output: NumberedPage(Order),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const filter = {
      status: input.status,
      metadata: input.metadata,
      after: readDate('/created_after', input.created_after),
      until: readDate('/created_before', input.created_before),
    }
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, { ...filter, before, limit: fetch, skip: input.offset ?? 0 })
    const { data, ...rest } = page(rows, limit, row => row)
    return {
      data: await toOrders(ctx.db, ctx.org, ctx.livemode, data),
      ...rest,
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org, ctx.livemode, filter))),
    }
  },
)

const OrderId = Type.String({ description: 'Id of the order.' })

export const getOrder = operation(
  'Get an order',
  'orders.read',
  { input: object({ order_id: OrderId }), output: Order },
  (ctx, input) => showOrder(ctx, input.order_id),
)

/** Locks an order and reads it. Throws not_found. */
export const lockOrder = async (ctx: Pick<Context, 'org' | 'livemode'>, db: Db, id: string): Promise<store.OrderRow> => {
  const found = await findOrder({ ...ctx, db }, id)
  await store.lock(db, ctx.org, ctx.livemode, found.id)
  return findOrder({ ...ctx, db }, id)
}

/** Throws not_cancellable unless the order can still be changed. */
export const checkOpen = ({ status }: store.OrderRow): void => {
  if (status !== 'draft' && status !== 'quoted')
    throw problem('not_cancellable', { what: 'order', status, allowed: 'draft or quoted' })
}

export const updateOrder = operation(
  'Change a draft, or cancel it',
  'orders.update',
  {
    input: object({
      order_id: OrderId,
      quantity: Type.Optional(Quantity),
      status: Type.Optional(oneOf(['cancelled'], 'cancelled: as DELETE does.')),
      ...fields,
    }),
    output: Order,
  },
  async (ctx, { order_id, status, quantity, ...input }) => {
    if (status === 'cancelled' && (quantity !== undefined || Object.keys(input).length > 0))
      throw invalid({ path: '/status', message: 'cancels the order, so nothing else can be changed with it' })
    if (status === 'cancelled') return cancel(ctx, order_id, ['draft', 'quoted', 'held'])
    const now = await nowFor(ctx.app, ctx.db, ctx.org, ctx.livemode)
    const { staged, keep } = staging(ctx)
    // Before the order is locked: what is behind a link may take its time.
    const sources = await readSources(ctx.app, campaignOf((await findOrder(ctx, order_id)).campaign_type).kind, input)
    return ctx.db.tx(async db => {
      const order = await lockOrder(ctx, db, order_id)
      checkOpen(order)
      const changed = await apply(now, { ...order, quantity: quantity ?? order.quantity }, sources, keep)
      await ctx.app.blobs.insert(db, ctx.org, staged)
      await store.change(db, ctx.org, ctx.livemode, order.id, changed)
      const kept = blobsOf(whole(changed.creative))
      const gone = blobsOf(whole(order.creative)).filter(id => !kept.includes(id))
      if (gone.length > 0) await ctx.app.blobs.remove(db, ctx.org, gone)
      return showOrder({ ...ctx, db }, order_id)
    })
  },
)

/** For looking at the sides there are. */
const whole = (draft: Draft | null): StoredCreative => {
  const none = { kind: 'html', html: '' } as const
  return draft && 'body' in draft
    ? ({ body: none, ...draft } as StoredCreative)
    : ({ front: none, back: none, ...draft } as StoredCreative)
}

/** Pieces cancelled by one statement each for rows, events and money. */
const cancelBatch = 1000

/** Cancels an order in one of these states, a paid one only while no drop of it has locked; what was set aside goes back. */
const cancel = (ctx: Context, id: string, from: store.OrderStatus[]): Promise<Order> =>
  ctx.db.tx(async db => {
    // Drops before the order, as everywhere: who moves a piece holds its drop already when he comes to the order.
    const drops = await store.holdDrops(db, ctx.org, (await findOrder({ ...ctx, db }, id)).id)
    // Before the order, as who decides about it.
    await withdraw(ctx.app, db, { org: ctx.org, id: (await findOrder({ ...ctx, db }, id)).id }, 'cancelled')
    const order = await lockOrder(ctx, db, id)
    const locked = drops.some(({ status }) => status !== 'scheduled')
    if (!from.includes(order.status) || locked)
      throw problem('not_cancellable', {
        what: 'order',
        status: locked && order.status === 'paid' ? 'being printed' : order.status,
        allowed: from.includes('paid') ? 'draft, quoted, held, or paid and not yet locked' : 'draft, quoted or held',
      })
    const at = await nowFor(ctx.app, db, ctx.org, ctx.livemode)
    await store.cancel(db, ctx.org, ctx.livemode, order.id, at)
    for (;;) {
      const pieces = await store.cancellablePieces(db, ctx.org, order.id, cancelBatch)
      if (pieces.length === 0) break
      await movePieces(ctx.app, db, ctx, new Map(pieces.map(piece => [piece.id, [{ to: 'cancelled', at }]])))
    }
    // What is left of a reservation has no piece to it.
    await release(db, ctx.org, ctx.livemode, Number.MAX_SAFE_INTEGER, publicId('order', order.id))
    await store.cancelDrops(db, ctx.org, order.id)
    await recordOrder({ ...ctx, db }, order.id, 'order.cancelled')
    return showOrder({ ...ctx, db }, id)
  })

export const cancelOrder = operation(
  'Cancel an order',
  'orders.delete',
  { input: object({ order_id: OrderId }), output: Order },
  (ctx, input) => cancel(ctx, input.order_id, ['draft', 'quoted', 'held', 'paid']),
)

/** Mailbots' rule: what is paid is not cancelled. */
export const cancelUnpaidOrder = operation(
  'Cancel an order that is not paid',
  'orders.delete',
  { input: object({ order_id: OrderId }), output: Order },
  (ctx, input) => cancel(ctx, input.order_id, ['draft', 'quoted', 'held']),
)
