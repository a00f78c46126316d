/** MailStream's words and ours: its conventions are those our native API keeps, so there is little to say. Pure. */
import type { Static, TObject, TSchema } from 'typebox'
import { nativeInput } from '../../api/native.ts'
import type { Operation } from '../../operation.ts'
import { type Incoming, type Loose, refuseOtherPaging } from '../incoming.ts'
import { ourWord, theirWord } from './webhooks.ts'

/** What the operation knows of the request; other fields are ignored. */
export const known =
  <I extends TSchema>(run: Operation<I>) =>
  ({ params, query, body }: Incoming): Static<I> => {
    const all = nativeInput(run.input, { params, query, body }) as Record<string, unknown>
    const names = Object.keys((run.input as unknown as TObject).properties)
    if (names.includes('cursor')) refuseOtherPaging(query, names)
    return Object.fromEntries(names.flatMap(name => (Object.hasOwn(all, name) ? [[name, all[name]]] : []))) as Static<I>
  }

/** The answer as it is. */
export const same = (output: unknown): unknown => output

/** `["mail.delivered"]` in their requests. */
export const eventsIn = (body: Loose): never =>
  (Array.isArray(body.events)
    ? body.events.map(event => (typeof event === 'string' ? ourWord(event) : event))
    : body.events) as never

interface Hook {
  events: string[]
}

/** A webhook with their event words. */
export const webhook = <T extends Hook>(output: T): T => ({ ...output, events: output.events.map(theirWord) })

/** A page of webhooks. */
export const webhookPage = <T extends { data: Hook[] }>(output: T): object => ({ ...output, data: output.data.map(webhook) })

/** One entry of the delivery log. */
export const delivery = <T extends object>(output: T): object =>
  Object.fromEntries(
    Object.entries(output).map(([name, value]) => [
      name,
      /^(event_)?type$/.test(name) && typeof value === 'string' ? theirWord(value) : value,
    ]),
  )

/** A page of the delivery log. */
export const deliveryPage = <T extends { data: object[] }>(output: T): object => ({ ...output, data: output.data.map(delivery) })
