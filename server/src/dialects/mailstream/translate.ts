/** MailStream's words and ours: its conventions are those our native API keeps, so there is little to say. Pure. */
import type { Static, TSchema } from 'typebox'
import { nativeInput } from '../../api/native.ts'
import type { Operation } from '../../operation.ts'
import { type Incoming, type Loose, refuseOtherPaging } from '../incoming.ts'
import { ourWord, theirWord } from './webhooks.ts'

type Shape = TSchema & { properties?: Record<string, Shape>; additionalProperties?: unknown; items?: Shape; anyOf?: Shape[] }

/** What a schema knows of a value; fields of a closed object that it does not have are left unread. */
const readKnown = (schema: Shape, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const list = Array.isArray(value)
  if (schema.anyOf) return readKnown(schema.anyOf.find(one => (list ? one.items : one.properties)) ?? {}, value)
  if (list) return schema.items ? value.map(item => readKnown(schema.items!, item)) : value
  if (!schema.properties || schema.additionalProperties !== false) return value
  const names = Object.keys(schema.properties).filter(name => Object.hasOwn(value, name))
  return Object.fromEntries(names.map(name => [name, readKnown(schema.properties![name]!, (value as Loose)[name])]))
}

/** What the operation knows of the request; other fields are ignored. */
export const known =
  <I extends TSchema>(run: Operation<I>) =>
  ({ params, query, body }: Incoming): Static<I> => {
    const shape = { ...run.input, additionalProperties: false } as Shape
    if (shape.properties?.cursor) refuseOtherPaging(query, Object.keys(shape.properties))
    const names = Object.keys(query).filter(name => Object.hasOwn(shape.properties ?? {}, name.replace(/\[.*/, '')))
    const asked = Object.fromEntries(names.map(name => [name, query[name]]))
    return nativeInput(run.input, { params, query: asked, body: readKnown(shape, body) }) as Static<I>
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
