/** A request of another product's client, before its row has translated it. */
import type { Context } from '../operation.ts'

/**
 * What their clients send, read under any name: a row hands it on under one of our names (a name we do not have will not compile),
 * and its value is checked by the operation.
 */
// biome-ignore lint/suspicious/noExplicitAny: the one place where unchecked input of other products' clients is typed
export type Loose = Readonly<Record<string, any>>

export interface Incoming {
  params: Record<string, string>
  query: Loose
  body: Loose
  ctx: Context
}
