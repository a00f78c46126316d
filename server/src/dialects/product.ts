/**
 * What a product's document says about its clients, apart from its endpoints: how keys look and where they stand, below which path
 * the endpoints are, how webhooks are written. A leaf, so that keys, webhooks and the HTTP server may read it without
 * importing a table of rows. The list is products.ts.
 */
import type { WebhookDialect } from '../webhooks/sign.ts'

export interface Product {
  /** Its folder, its prefix in paths (`/<name>/…`) and the value of `dialect` in keys and webhooks. */
  name: string
  title: string
  /** Which document it follows, and when that was read. */
  document: string
  asOf: string
  /** How its API keys begin, by mode; '' for keys without a prefix. */
  keys: { readonly live: string; readonly test: string }
  /** The header that carries the key, in lower case. `Bearer` when that word stands before the key. */
  credential: { readonly header: string; readonly scheme?: 'Bearer' }
  /** Where its documented paths begin. */
  root: `/${string}`
  /** Absent when its document has no webhooks: then they are ours. */
  webhooks?: WebhookDialect
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** The key in a request's headers, where the product's clients put it. */
export const credentialOf = (
  { credential: { header, scheme } }: Pick<Product, 'credential'>,
  headers: Headers,
): string | undefined => {
  const value = headers[header]
  if (typeof value !== 'string') return undefined
  return scheme ? new RegExp(`^${scheme} +(\\S+)$`, 'i').exec(value)?.[1] : value.trim() || undefined
}
