/**
 * Waiting for a mail: one call that answers when it is there, instead of a loop of polls. Mails come in the order in which they were
 * filed, which is that of their ids in an inbox (local-delivery.ts), so that one id says what a caller has seen.
 */
import Type from 'typebox'
import { checkStillActive } from '../../accounts/active-key.ts'
import { parseId, publicId } from '../../kernel/ids.ts'
import { type Context, object, operation } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { extractCodes } from '../extraction/codes.ts'
import * as store from '../messages/messages.sql.ts'
import { dateInput, firstIdOf, Message, readDate, toMessage } from '../messages/messages.ts'
import { findInbox, InboxId } from './inboxes.ts'

/** Longest a request is held open: below the 60 s after which common proxies give up. */
const longest = 55
/** How far back a mail may have come and still count, when the caller does not say: the sign-up form was sent before the wait. */
const lookBackMs = 60_000

export const waitForMessage = operation(
  'Wait for a message',
  'messages.read',
  {
    input: object({
      inbox_id: InboxId,
      from: Type.Optional(Type.String({ maxLength: 254, description: 'Part of the sender’s address.' })),
      subject: Type.Optional(Type.String({ maxLength: 500, description: 'Part of the subject.' })),
      thread_id: Type.Optional(Type.String({ description: 'Only in this thread: wait for a reply.' })),
      after: Type.Optional(
        Type.String({
          maxLength: 40,
          description:
            'Id of a message: only mail that was filed after it. Give that of the mail you were answered with, or that you sent, and no mail is answered twice and none is left out.',
        }),
      ),
      since: dateInput('Only mail that arrived from then on. Default: one minute ago, or without bound when `after` is given.'),
      timeout: Type.Optional(Type.Integer({ minimum: 0, maximum: longest, description: 'Seconds to wait at most, default 30.' })),
    }),
    output: Type.Object({
      message: Type.Union([Message, Type.Null()], {
        description: 'The oldest mail that fits. null: nothing came in time; call again.',
      }),
      after: Type.Union([Type.String(), Type.Null()], {
        description: '`after` of the next call: the id of this mail, or what you gave.',
      }),
      codes: Type.Array(Type.Object({ value: Type.String(), confidence: Type.Number() }), {
        description:
          'One-time codes found in it, likeliest first, as they are to be typed: "482 913" is 482913, "G-482913" too. A guess: from a confidence of 0.8 on there is hardly a doubt.',
      }),
      links: Type.Array(Type.Object({ url: Type.String(), kind: Type.String() }, { additionalProperties: true }), {
        description: 'Links found in it.',
      }),
    }),
  },
  async (ctx, input) => {
    const inbox = await findInbox(ctx, input.inbox_id)
    const threadId = input.thread_id === undefined ? undefined : parseId('thread', input.thread_id)
    if (input.thread_id !== undefined && !threadId) throw problem('not_found', { what: 'thread' })
    const after = input.after === undefined ? undefined : parseId('message', input.after)
    if (input.after !== undefined && !after) throw invalid({ path: '/after', message: 'is not the id of a message' })
    const lookBack = after ? undefined : new Date(ctx.app.clock.now().getTime() - lookBackMs)
    const since = readDate('/since', input.since) ?? lookBack
    const row = await until(ctx, inbox.id, (input.timeout ?? 30) * 1000, () =>
      store.nextMatch(ctx.db, ctx.org, ctx.livemode, {
        inboxId: inbox.id,
        from: input.from,
        subject: input.subject,
        threadId,
        after,
        since,
        sinceId: since && firstIdOf(ctx.app.clock, since),
      }),
    )
    if (!row) return { message: null, after: input.after ?? null, codes: [], links: [] }
    return {
      message: toMessage(ctx.app, row),
      after: publicId('message', row.id),
      ...extractCodes({ subject: row.subject, text: row.extracted_text ?? row.text_body ?? '' }),
    }
  },
)

/** Looks, then looks again whenever the inbox gets mail, until something is found or time is up. */
const until = async <T>(
  ctx: Context,
  inboxId: string,
  ms: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> => {
  const { bus } = ctx.app
  const deadline = performance.now() + ms
  const signal = `message:${inboxId}`
  for (;;) {
    let wake = () => {}
    const arrived = new Promise<void>(resolve => {
      wake = resolve
    })
    bus.once(signal, wake)
    bus.once('closing', wake)
    bus.once('key.revoked', wake)
    const left = deadline - performance.now()
    const timer = setTimeout(wake, Math.max(0, Math.min(left, 5000)))
    try {
      const found = await look()
      // A key that was revoked meanwhile gets nothing of what came.
      await checkStillActive(ctx)
      if (found || left <= 0 || ctx.app.closing) return found
      await arrived
    } finally {
      clearTimeout(timer)
      bus.off(signal, wake)
      bus.off('closing', wake)
      bus.off('key.revoked', wake)
    }
  }
}
